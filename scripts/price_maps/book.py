"""imgcost's own prices of a day, as the command's JSON has them."""

import json
import os
import subprocess
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True)
class Row:
    """A price of the book. `maps` are the published maps that its source is, or was read in."""

    model: str
    item: str
    usd: Decimal
    per: str
    source: str
    maps: tuple


@dataclass(frozen=True)
class Quoted:
    """What a part of a call costs, where no row has it: a sum of tokens, say."""

    floor: Decimal
    expected: Decimal | None
    ceiling: Decimal
    row: Row | None


class Book:
    def __init__(self, prices, models, sources, day, ask=lambda *words: None):
        """Documents of `prices show`, `models` and `prices sources`; `ask` quotes a command line."""
        self.ask = ask
        maps = {source["id"]: tuple(source.get("maps", ())) for source in sources}
        self.rows = {}
        self.located = {}
        for price in prices:
            row = Row(price["model"], price["item"], Decimal(price["value"]), price["per"], price["source"],
                      maps.get(price["source"], ()))
            self.located.setdefault(price["row"], []).append(row)
            # A row whose first day is only when it was read holds before, too.
            begins = price["from"] <= day or price["from_assumed"]
            if begins and not (price["to"] and price["to"] <= day) and row.per != "ratio":
                self.rows.setdefault((price["provider"], price["model"]), {})[row.item] = row
        self.models = {}
        for model in models:
            for name in [model["model"], *model["aliases"]]:
                self.models[model["provider"], name] = model
        self.providers = {model["provider"] for model in models}

    def model(self, provider, name):
        return self.models.get((provider, name))

    def of(self, provider, name):
        """The rows of a model by item, whatever of its names is given."""
        model = self.model(provider, name)
        return self.rows.get((provider, model["model"]), {}) if model else {}

    def quoted(self, provider, name, item):
        """The price of `image`, `image, 1024x1024`, `1K`, `high 1024x1024` or `input image` by a quote."""
        words = ["-p", provider, "-m", name, "--prompt", "x"]
        parts = ("image", "image_output")
        if item == "input image":
            words += ["--image", "1024x1024"]
            parts = ("image_input",)
        elif item != "image":
            quality, _, size = item.removeprefix("image, ").rpartition(" ")
            if not (size[:1].isdigit() and (size.endswith("K") or "x" in size or size.isdigit())):
                return None
            words += ["-s", size, *(["-q", quality] if quality else [])]
        document = self.ask(*words)
        lines = [line for line in (document or {}).get("lines", []) if line["item"] in parts and line.get("amount")]
        if len(lines) != 1:
            return None
        amount = lines[0]["amount"]
        known = [None if amount[part] is None else Decimal(amount[part]) for part in ("floor", "expected", "ceiling")]
        if known[2] is None:
            return None
        # A table has many prices in one row: that of the amount, or any for its source.
        rows = self.located.get(lines[0].get("rate_row"), [])
        row = next((row for row in rows if row.usd == known[2]), rows[0] if rows else None)
        return Quoted(*known, row)


def read(command, day):
    """Everything that the command has, on a day."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("IMGCOST_")}
    environment["IMGCOST_CONFIG"] = ""

    def run(*words):
        done = subprocess.run([command, *words, "--as-of", day, "-f", "json"], env=environment, capture_output=True, text=True)
        try:
            return json.loads(done.stdout)
        except ValueError:
            return {}

    def all_of(key, *words):
        found = run(*words).get(key)
        if not found:
            raise SystemExit(f"compare-price-maps: {command} {' '.join(words)} shows no {key}")
        return found

    prices = all_of("prices", "prices", "show", "--all", "-p", "all")
    models = all_of("models", "models", "-p", "all")
    sources = json.loads(subprocess.run([command, "prices", "sources", "-f", "json"], env=environment,
                                        capture_output=True, text=True, check=True).stdout)["sources"]
    return Book(prices, models, sources, day, run)
