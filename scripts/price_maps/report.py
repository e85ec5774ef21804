"""What the comparison found, as docs/prices-compared.md and pricing/agreement.tsv."""

from collections import Counter, defaultdict

from .compare import (AGREE, DAY_AGREES, DAY_DIFFERS, DIFFERENCES, DIFFERS, ELSEWHERE, IN_RANGE, NO_ITEM, NO_MODEL, NO_PRICE,
                      NO_PROVIDER, ROUNDED)
from .figure import Figure, shown

# The columns of the table of sums, with the verdicts that they count.
COLUMNS = [
    ("agree", lambda f: f.verdict == AGREE and not f.inherited),
    ("inherited", lambda f: f.verdict == AGREE and f.inherited),
    ("rounded", lambda f: f.verdict == ROUNDED),
    ("in range", lambda f: f.verdict == IN_RANGE),
    ("other name", lambda f: f.verdict == ELSEWHERE),
    ("differ", lambda f: f.verdict == DIFFERS),
    ("no such item", lambda f: f.verdict in (NO_ITEM, NO_PRICE)),
    ("no such model", lambda f: f.verdict in (NO_MODEL, NO_PROVIDER)),
]

HEAD = """\
# The book beside published price maps

Written by `scripts/compare-price-maps`, which [CONTRIBUTING.md](../CONTRIBUTING.md) explains; by hand only \
`scripts/price-maps-explained.toml` is written. Prices of {day}, for maps that were the newest on {day}. \
Only figures of models that make images are counted, and nothing of the maps is in this repository but these figures.

- **agree**: the same figure, and the book has it from elsewhere. **inherited**: the same figure, and the book's row has that map, \
or one that copies it, as its source: that proves nothing.
- **rounded**: the book's figure in fewer digits. **in range**: the book has a range with the map's figure in it. \
**other name**: the book has the figure for a class or a quality where the map has one price for all.
- **no such item**, **no such model**: the map has it, the book does not.
"""


def markdown(lock, found, explained, stale, book):
    text = HEAD.format(day=lock["read"]) + "\n" + sums(lock, found) + lives(found)
    text += differences(explained) + stale_words(stale) + theirs_alone(found) + ours_alone(found, book)
    return text


def of_map(found, name):
    return [f for f in found if f.map == name]


def table(heads, rows, right=()):
    text = "| " + " | ".join(heads) + " |\n|" + "|".join("--:" if head in right else "---" for head in heads) + "|\n"
    return text + "".join("| " + " | ".join(str(cell) for cell in row) + " |\n" for row in rows)


def sums(lock, found):
    names = [name for name, _ in COLUMNS]
    rows = []
    for entry in lock["map"]:
        own = [f for f in of_map(found, entry["name"]) if isinstance(f.figure, Figure)]
        rows.append([f"{entry['name']} {entry['version']}", entry["license"], len(own),
                     *(sum(map(counts, own)) for _, counts in COLUMNS)])
    rows.append(["all", "", *(sum(row[i] for row in rows) for i in range(2, 3 + len(names)))])
    return table(["map", "licence", "figures", *names], rows, right=("figures", *names)) + "\n"


def lives(found):
    days = Counter(f.verdict for f in found if not isinstance(f.figure, Figure))
    return (f"Of shutdown days and named replacements, {days[DAY_AGREES]} agree and {days[DAY_DIFFERS]} differ; "
            f"{days[NO_MODEL] + days[NO_PROVIDER]} are of models that the book does not have.\n\n")


def differences(explained):
    text = "## Differences\n\n"
    if not explained:
        return text + "None.\n\n"
    groups = defaultdict(list)
    for finding, why in explained:
        groups[finding.figure.provider, finding.figure.model, finding.item, finding.theirs, finding.ours, why].append(finding.map)
    rows = [[f"{provider}: {model}", item, theirs, ours, ", ".join(maps), why or "**not explained**"]
            for (provider, model, item, theirs, ours, why), maps in groups.items()]
    merged = defaultdict(list)
    for model, *rest in sorted(rows):
        merged[tuple(rest)].append(model)
    rows = [["<br>".join(models), *rest] for rest, models in merged.items()]
    return text + table(["model", "item", "map", "book", "maps", "why"], sorted(rows)) + "\n"


def stale_words(stale):
    lines = [f"- {entry['map']}, {entry['provider']}, {entry['model']}, {entry['item']}, {entry['theirs']}\n" for entry in stale]
    return "Explanations that nothing needs any longer:\n\n" + "".join(lines) + "\n" if lines else ""


def names_by_provider(pairs):
    by = defaultdict(set)
    for provider, name in pairs:
        by[provider].add(name)
    return sorted(by.items())


def theirs_alone(found):
    figures = [f for f in found if isinstance(f.figure, Figure)]
    items = Counter((f.figure.provider, f.item) for f in figures if f.verdict == NO_ITEM)
    text = "## What the maps have and the book does not\n\nOf models that the book has: "
    by = defaultdict(list)
    for (provider, item), count in sorted(items.items()):
        by[provider].append(f"{item} ({count})")
    text += "; ".join(f"{provider}: {', '.join(names)}" for provider, names in by.items()) + ".\n\n"
    unpriced = names_by_provider((f.figure.provider, f.figure.model) for f in figures if f.verdict == NO_PRICE)
    if unpriced:
        text += "Models that the book lists without a price: "
        text += "; ".join(f"{provider}: {', '.join(sorted(names))}" for provider, names in unpriced) + ".\n\n"
    text += "Models of the book's providers:\n\n"
    for provider, names in names_by_provider((f.figure.provider, f.figure.model) for f in figures if f.verdict == NO_MODEL):
        text += f"- {provider}: {', '.join(sorted(names))}\n"
    named = sorted({f"{f.figure.provider}: {f.figure.model} → {f.theirs}"
                    for f in found if f.verdict == NO_ITEM and not isinstance(f.figure, Figure)})
    if named:
        text += "\nReplacements that the book does not name: " + "; ".join(named) + ".\n"
    others = names_by_provider((f.figure.provider, f.figure.model) for f in figures if f.verdict == NO_PROVIDER)
    text += "\nModels of other providers: " + ", ".join(f"{provider} ({len(names)})" for provider, names in others) + ".\n\n"
    return text


def ours_alone(found, book):
    met = {(f.figure.provider, book.model(f.figure.provider, f.figure.model)["model"])
           for f in found if isinstance(f.figure, Figure) and f.verdict not in (NO_MODEL, NO_PROVIDER)}
    alone = names_by_provider(key for key in book.rows if key not in met)
    text = "## What the book has and no map does\n\n"
    for provider, names in alone:
        text += f"- {provider}: {', '.join(sorted(names))}\n"
    return text


def agreement_tsv(lock, prices):
    """A line a price: maps that agree and are independent, that agree and are its source, and that differ."""
    text = f"# {lock['read']}, written by scripts/compare-price-maps\n"
    for (provider, model, item, usd), by_origin in sorted(prices.items()):
        same = [f for f in by_origin.values() if f.verdict in (AGREE, ROUNDED)]
        cells = [
            " ".join(sorted(f.origin for f in same if not f.inherited)),
            " ".join(sorted(f.origin for f in same if f.inherited)),
            " ".join(sorted(f"{f.origin}={shown(f.figure.usd)}" for f in by_origin.values() if f.verdict in DIFFERENCES)),
        ]
        text += "\t".join([provider, model, item, usd, *cells]) + "\n"
    return text
