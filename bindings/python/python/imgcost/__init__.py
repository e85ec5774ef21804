"""What image-generation API calls cost: before they are made, after, and within a budget.

>>> import imgcost
>>> quote = imgcost.quote("gpt-image-2", quality="high", size="1536x1024", prompt="a red apple",
...                       as_of="2026-11-21")
>>> print(quote.total)
0.164685
>>> quote.charge({"usage": {"input_tokens": 9, "output_tokens": 5488}}).ceiling
Decimal('0.164685')
"""

from ._errors import (
    BadPrices,
    BadRequest,
    BadResponse,
    ImgcostError,
    LedgerError,
    NoPrice,
    Refused,
    UnknownName,
)
from ._budgets import hold, spending
from ._imgcost import (
    PARAMETERS,
    Booked,
    Budget,
    Cell,
    Charge,
    ChargeLine,
    Estimate,
    Hold,
    Line,
    Note,
    Quote,
    Table,
    __version__,
    charge,
    compare,
    quote,
    quote_table,
)

__all__ = [
    "PARAMETERS",
    "BadPrices",
    "BadRequest",
    "BadResponse",
    "Booked",
    "Budget",
    "Cell",
    "Charge",
    "ChargeLine",
    "Estimate",
    "Hold",
    "ImgcostError",
    "LedgerError",
    "Line",
    "NoPrice",
    "Note",
    "Quote",
    "Refused",
    "Table",
    "UnknownName",
    "__version__",
    "charge",
    "compare",
    "hold",
    "quote",
    "quote_table",
    "spending",
]
