"""Figures of the maps beside the book's: pure."""

from dataclasses import dataclass
from decimal import Decimal

from .book import Row
from .figure import Figure, shown

AGREE, ROUNDED, IN_RANGE, ELSEWHERE = "agree", "rounded", "in-range", "other-item"
DIFFERS, NO_ITEM, NO_PRICE, NO_MODEL, NO_PROVIDER = "differs", "no-item", "no-price", "no-model", "no-provider"
DAY_AGREES, DAY_DIFFERS = "day-agrees", "day-differs"
DIFFERENCES = (DIFFERS, DAY_DIFFERS)


@dataclass(frozen=True)
class Finding:
    map: str
    origin: str
    figure: object
    verdict: str
    ours: str = ""
    row: Row | None = None
    exact: bool = True

    @property
    def item(self):
        return self.figure.items[0] if isinstance(self.figure, Figure) else self.figure.what

    @property
    def theirs(self):
        return shown(self.figure.usd) if isinstance(self.figure, Figure) else self.figure.value

    @property
    def inherited(self):
        """Whether the book has the figure from that map, so that it agrees with itself."""
        return self.row is not None and self.origin in self.row.maps


def findings(name, origin, figures, book):
    for figure in figures:
        judged = judge(figure, book) if isinstance(figure, Figure) else judge_life(figure, book)
        yield Finding(name, origin, figure, *judged)


def judge(figure, book):
    if figure.provider not in book.providers:
        return (NO_PROVIDER,)
    if book.model(figure.provider, figure.model) is None:
        return (NO_MODEL,)
    rows = book.of(figure.provider, figure.model)
    if not rows:
        return (NO_PRICE,)
    present = [rows[item] for item in figure.items if item in rows]
    for row in present:
        if row.usd == figure.usd:
            return AGREE, shown(row.usd), row
    for row in present:
        if is_rounded(figure.usd, row.usd):
            return ROUNDED, shown(row.usd), row
    if present:
        return DIFFERS, shown(present[0].usd), present[0]
    asked = (book.quoted(figure.provider, figure.model, item) for item in figure.items)
    if quoted := next((quoted for quoted in asked if quoted), None):
        verdict, ours = judge_quote(figure.usd, quoted)
        # One image at a price of its own, rather than a sum of tokens.
        exact = quoted.row is not None and quoted.floor == quoted.ceiling == quoted.row.usd
        if verdict != DIFFERS:
            return verdict, ours, quoted.row, exact
        if elsewhere := same_price(figure, rows):
            return elsewhere
        return verdict, ours, quoted.row, exact
    return same_price(figure, rows) or (NO_ITEM,)


def judge_quote(theirs, quoted):
    if quoted.floor == quoted.ceiling:
        ours = quoted.ceiling
        verdict = AGREE if theirs == ours else ROUNDED if is_rounded(theirs, ours) else DIFFERS
        return verdict, shown(ours)
    ours = f"{shown(quoted.floor)} to {shown(quoted.ceiling)}"
    inside = quoted.floor <= theirs <= quoted.ceiling or is_rounded(theirs, quoted.ceiling) or is_rounded(theirs, quoted.floor)
    return (IN_RANGE if inside else DIFFERS), ours


def same_price(figure, rows):
    """A map's one price of an image may be the book's of a class or of a quality."""
    if figure.items[0] != "any image":
        return None
    images = [row for row in rows.values() if row.per == "image" and "input" not in row.item]
    found = next((row for row in images if figure.usd == row.usd or is_rounded(figure.usd, row.usd)), None)
    return (ELSEWHERE, f"{shown(found.usd)} for {found.item}", found) if found else None


def is_rounded(theirs, ours):
    """Whether a map has the book's figure to fewer digits, or as a binary fraction."""
    if not theirs or not ours or abs(theirs - ours) > ours * Decimal("0.02"):
        return False
    fewest = theirs.normalize()
    if len(fewest.as_tuple().digits) < 2:
        return False
    return abs(theirs - ours) <= Decimal(1).scaleb(fewest.as_tuple().exponent)


def judge_life(life, book):
    model = book.model(life.provider, life.model)
    if life.provider not in book.providers:
        return (NO_PROVIDER,)
    if model is None:
        return (NO_MODEL,)
    ours = model["retired" if life.what == "shutdown" else "replacement"]
    if ours is None and life.what == "replacement":
        return (NO_ITEM,)
    if ours is None:
        return DAY_DIFFERS, "none"
    return (DAY_AGREES if ours == life.value else DAY_DIFFERS), ours


def explain(found, table):
    """Each difference with its explanation or none, and the explanations that nothing needs any longer."""
    used = set()
    explained = []
    for finding in found:
        if finding.verdict not in DIFFERENCES:
            continue
        why = None
        for number, entry in enumerate(table):
            if matches(entry, finding):
                used.add(number)
                why = entry["why"]
                break
        explained.append((finding, why))
    return explained, [entry for number, entry in enumerate(table) if number not in used]


def matches(entry, finding):
    """An explanation is of one figure: where the map changes it, it is to be explained again."""
    figure = finding.figure

    def has(key, value):
        wanted = entry[key]
        return value in wanted if isinstance(wanted, list) else value == wanted

    return (has("map", finding.map) and has("provider", figure.provider) and has("model", figure.model)
            and has("item", finding.item) and has("theirs", finding.theirs))


def agreement(found):
    """For each price of the book that a map has: which maps agree, and which have another figure.

    Maps that copy one another count once: the first of an origin, which is its newest. Where that one has
    two figures for a price, the one that differs is told.
    """
    prices = {}
    for finding in found:
        if finding.row is None or not finding.exact or finding.verdict not in (AGREE, ROUNDED, DIFFERS):
            continue
        figure = finding.figure
        key = (figure.provider, finding.row.model, finding.row.item, shown(finding.row.usd))
        by_origin = prices.setdefault(key, {})
        first = by_origin.setdefault(finding.origin, finding)
        if first.map == finding.map and finding.verdict == DIFFERS:
            by_origin[finding.origin] = finding
    return prices
