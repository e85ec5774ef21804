"""Reads LiteLLM's map, and older copies of it in other packages."""

import json
import re
from decimal import Decimal

from .figure import MEGAPIXEL, Figure, Life, google, per_million, provider

# Costs of a token by the book's items.
TOKENS = {
    "input_cost_per_token": "text input",
    "input_cost_per_image_token": "image input",
    "cache_read_input_token_cost": "text input, cached",
    "cache_read_input_image_token_cost": "image input, cached",
    "output_cost_per_image_token": "image output",
    "output_cost_per_token": "text output",
    "output_cost_per_reasoning_token": "text output",
}
TIERS = {"_batches": "batch: ", "_flex": "flex: ", "_priority": "priority: "}
SIZE = re.compile(r"(\d+|max)-x-(\d+|max)")
QUALITY = re.compile(r"low|medium|high|xhigh|max|standard|hd|(\d+|max)-steps")
# What stands before a model's name for the sake of LiteLLM's own routing.
ROUTES = {"azure", "azure_ai", "bedrock", "black_forest_labs", "dashscope", "fal_ai", "gemini", "stability", "tencent",
          "vertex_ai", "xai", "aiml", "fireworks_ai", "nscale", "recraft", "runwayml", "databricks", "meta",
          "qwencloud", "qwen_ai_platform"}
CLASSES = {"1024x1024": "1K", "2048x2048": "2K", "4096x4096": "4K"}
# They make no images, whatever their mode.
OTHERS = re.compile(r"lyria|trellis|deep-research")


def read(text):
    data = json.loads(text, parse_float=Decimal, parse_int=Decimal)
    found = []
    for key, entry in data.items():
        images = entry.get("mode") in ("image_generation", "image_edit")
        if (images or "output_cost_per_image_token" in entry) and not OTHERS.search(key):
            found.extend(entry_figures(key, entry))
    return found


def entry_figures(key, entry):
    route = entry.get("litellm_provider", "")
    name = provider(route)
    model, quality, size = split(key, route)
    if day := entry.get("deprecation_date"):
        yield Life(name, model, "shutdown", day)
    if other := entry.get("successor_model"):
        yield Life(name, model, "replacement", other.split("/", 1)[1] if other.split("/")[0] in ROUTES else other)
    if size:
        yield from of_size(name, model, quality, size, entry)
        return
    for field, value in entry.items():
        if isinstance(value, Decimal) and value:
            yield from of_field(name, model, field, value, entry)


def split(key, route):
    """`fal_ai/low/1024-x-768/openai/gpt-image-2` as the model, the quality and the size."""
    parts = key.split("/")
    quality = size = None
    while len(parts) > 1:
        if SIZE.fullmatch(parts[0]):
            size = parts[0].replace("-x-", "x")
        elif QUALITY.fullmatch(parts[0]):
            quality = parts[0]
        elif parts[0] not in ROUTES:
            break
        parts.pop(0)
    model = "/".join(parts)
    return (model.removeprefix("us.") if route == "bedrock" else model), quality, size


def of_size(name, model, quality, size, entry):
    """An entry with a size in its key is the price of one image of that size."""
    usd = entry.get("input_cost_per_image") or entry.get("output_cost_per_image")
    pixels = entry.get("input_cost_per_pixel") or entry.get("output_cost_per_pixel")
    sides = size.split("x")
    if not usd and pixels and all(side.isdigit() for side in sides):
        # The rate of a pixel was computed from the price of an image, and cut off somewhere.
        usd = (pixels * int(sides[0]) * int(sides[1])).quantize(Decimal("0.0001")).normalize()
    if not usd:
        return
    if quality:
        items = (f"{quality} {size}", f"{quality} {CLASSES.get(size, size)}")
        yield Figure(name, model, items + ((f"image, {size}",) if quality.endswith("-steps") else ()), usd)
    elif model == "dall-e-2":
        yield Figure(name, model, (f"standard {size}",), usd)
    else:
        yield Figure(name, model, (size, f"image, {size}"), usd)


def of_field(name, model, field, usd, entry):
    stem, tier = field, ""
    for end, words in TIERS.items():
        if field.endswith(end):
            stem, tier = field.removesuffix(end), words
    if item := TOKENS.get(stem):
        items = [tier + item]
        if stem == "output_cost_per_token" and "output_cost_per_image_token" not in entry:
            items.append(tier + "image output")
        yield Figure(name, model, tuple(items), per_million(usd))
        if google(name) and stem in ("input_cost_per_token", "cache_read_input_token_cost"):
            yield Figure(name, model, (tier + item.replace("text", "image"),), per_million(usd))
    elif "above_200k" in field:
        yield Figure(name, model, ("long context: " + field,), per_million(usd))
    elif found := re.fullmatch(r"output_cost_per_image_(0\.5K|\d+K?)", field):
        size = {"1024": "1K", "1536": "1.5K"}.get(found[1], found[1])
        yield Figure(name, model, (size, f"image, {size}"), usd)
    elif field == "output_cost_per_image" or field == "input_cost_per_image" and not google(name):
        yield Figure(name, model, ("any image", "any image, first megapixel", "image"), usd)
    elif field == "input_cost_per_image":
        yield Figure(name, model, ("input image",), usd)
    elif field == "output_cost_per_pixel":
        # A price of the megapixel over 1024x1024, written as a binary fraction.
        usd = (usd * MEGAPIXEL).quantize(Decimal("0.000001")).normalize()
        yield Figure(name, model, ("any image, first megapixel", "any image, further megapixel"), usd)
