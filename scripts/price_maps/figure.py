"""What a price map has of a model: one figure at a time, in the price book's words and in US dollars."""

from dataclasses import dataclass
from decimal import Decimal

MILLION = 1_000_000
MEGAPIXEL = 1024 * 1024


@dataclass(frozen=True)
class Figure:
    """A price: `items` are the names that the book may have for it, the likeliest first."""

    provider: str
    model: str
    items: tuple
    usd: Decimal


@dataclass(frozen=True)
class Life:
    """The day of a shutdown (`what` is "shutdown") or the model named in its place ("replacement")."""

    provider: str
    model: str
    what: str
    value: str


def shown(amount):
    """An amount without trailing zeros and without an exponent."""
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def per_million(amount):
    return amount * MILLION


# Names of providers, as maps have them, that differ from the book's. A provider that is not here keeps its name.
PROVIDERS = {
    "azure": "azure-openai",
    "azure_ai": "azure-foundry",
    "bedrock": "aws-bedrock",
    "black_forest_labs": "bfl",
    "dashscope": "alibaba-dashscope",
    "fal_ai": "fal",
    "gemini": "google-gemini-api",
    "google": "google-gemini-api",
    "google-vertex": "google-vertex-ai",
    "vertex_ai": "google-vertex-ai",
    "vertex_ai-image-models": "google-vertex-ai",
    "vertex_ai-language-models": "google-vertex-ai",
    "x-ai": "xai",
}


def provider(name):
    return PROVIDERS.get(name, name)


def google(name):
    """Whether a token of an image costs as much as one of text: no map has a rate for it there."""
    return name in ("google-gemini-api", "google-vertex-ai", "openrouter")
