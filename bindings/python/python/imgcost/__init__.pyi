import datetime
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from decimal import Decimal
from types import TracebackType
from typing import Any, Generic, Literal, Protocol, TypedDict, TypeVar

from typing_extensions import Self, Unpack

__version__: str
PARAMETERS: tuple[str, ...]
"""What quote takes beside the prompt's text, by the names of the API."""

_T = TypeVar("_T", Decimal, int)
_Image = str | tuple[int, int] | bytes | os.PathLike[str] | None
_Usd = Decimal | str | int

class _Stream(Protocol):
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...

class _Parameters(TypedDict, total=False):
    provider: str | None
    as_of: datetime.date | str | None
    endpoint: Literal["generations", "edits", "variations", "responses", "chat"] | None
    quality: str | None
    size: str | tuple[int, int] | None
    n: int | None
    prompt: str | None
    prompt_tokens: int | None
    images: _Image | Sequence[_Image]
    mask: bool | bytes | os.PathLike[str] | None
    input_fidelity: Literal["low", "high"] | None
    stream: bool | None
    partial_images: int | None
    background: str | None
    output_format: str | None
    output_compression: int | None
    tier: Literal["standard", "batch", "flex", "priority"] | None
    group_ratio: Decimal | str | None
    responses_model: str | None
    max_tool_calls: int | None

class _Axes(TypedDict, total=False):
    provider: str | Sequence[str] | None
    as_of: datetime.date | str | Sequence[datetime.date | str] | None
    endpoint: Literal["generations", "edits", "variations", "responses", "chat"] | None
    quality: str | Sequence[str] | None
    size: str | Sequence[str] | None
    n: int | Sequence[int] | None
    prompt: str | None
    prompt_tokens: int | None
    images: _Image | Sequence[_Image]
    mask: bool | bytes | os.PathLike[str] | None
    input_fidelity: Literal["low", "high"] | None
    stream: bool | None
    partial_images: int | None
    background: str | None
    output_format: str | None
    output_compression: int | None
    tier: str | Sequence[str] | None
    group_ratio: Decimal | str | None
    responses_model: str | None
    max_tool_calls: int | None

def quote(model: str | None = None, **parameters: Unpack[_Parameters]) -> Quote:
    """What a call will cost, in USD, before it is made."""

def charge(response: object, model: str | None = None, **parameters: Unpack[_Parameters]) -> Charge:
    """What a call did cost, in USD, by its response: an SDK's object, a dict, or the body."""

def compare(
    model: str | Sequence[str] | None = None, *, sort: str | None = None, **parameters: Unpack[_Axes]
) -> list[Cell]:
    """Every combination of some settings, priced side by side."""

def quote_table(
    table: _Stream,
    *,
    ignore: Sequence[str] | None = None,
    calls: int | None = None,
    **parameters: Unpack[_Parameters],
) -> Table:
    """Quote a table of calls, one a row: a DataFrame of pandas or polars, or any other Arrow table."""

def hold(
    model: str | None = None,
    *,
    budget: str | Budget,
    ledger: str | os.PathLike[str] | None = None,
    cap: _Usd | None = None,
    per: Literal["hour", "day", "week", "month", "total"] | None = None,
    scope: str | None = None,
    key: str | None = None,
    tags: Mapping[str, str] | None = None,
    **parameters: Unpack[_Parameters],
) -> Hold:
    """Quote a call that any client makes, and hold its ceiling."""

def spending(
    scope: str | None = None, *, key: str | None = None, tags: Mapping[str, str] | None = None
) -> AbstractContextManager[None]:
    """Whose money the calls in the block spend, and under which names."""

class Estimate(Generic[_T]):
    @property
    def floor(self) -> _T | None: ...
    @property
    def expected(self) -> _T | None: ...
    @property
    def ceiling(self) -> _T | None: ...
    @property
    def basis(self) -> Literal["proven", "assumed"] | None: ...
    @property
    def is_exact(self) -> bool: ...

class Note:
    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...

class Quote:
    @property
    def provider(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def as_of(self) -> datetime.date: ...
    @property
    def id(self) -> str: ...
    @property
    def total(self) -> Estimate[Decimal]: ...
    @property
    def floor(self) -> Decimal | None: ...
    @property
    def expected(self) -> Decimal | None: ...
    @property
    def ceiling(self) -> Decimal | None: ...
    @property
    def is_exact(self) -> bool: ...
    @property
    def is_proven(self) -> bool: ...
    @property
    def is_complete(self) -> bool: ...
    @property
    def lines(self) -> list[Line]: ...
    @property
    def notes(self) -> list[Note]: ...
    def charge(self, response: object) -> Charge: ...
    def to_dict(self) -> dict[str, Any]: ...
    def to_json(self) -> str: ...

class Line:
    @property
    def item(self) -> str: ...
    @property
    def unit(self) -> Literal["token", "image", "call", "megapixel"]: ...
    @property
    def quantity(self) -> Estimate[int]: ...
    @property
    def rate(self) -> Decimal | None: ...
    @property
    def per(self) -> int | None: ...
    @property
    def amount(self) -> Estimate[Decimal] | None: ...
    @property
    def evidence(self) -> Literal["published", "measured", "derived", "assumed"]: ...
    @property
    def source(self) -> str: ...

class Charge:
    @property
    def provider(self) -> str: ...
    @property
    def model(self) -> str: ...
    @property
    def as_of(self) -> datetime.date: ...
    @property
    def total(self) -> Estimate[Decimal]: ...
    @property
    def floor(self) -> Decimal | None: ...
    @property
    def expected(self) -> Decimal | None: ...
    @property
    def ceiling(self) -> Decimal | None: ...
    @property
    def is_exact(self) -> bool: ...
    @property
    def is_complete(self) -> bool: ...
    @property
    def settles(self) -> bool: ...
    @property
    def billed(self) -> Decimal | None: ...
    @property
    def lines(self) -> list[ChargeLine]: ...
    @property
    def notes(self) -> list[Note]: ...
    def to_dict(self) -> dict[str, Any]: ...
    def to_json(self) -> str: ...

class ChargeLine:
    @property
    def item(self) -> str: ...
    @property
    def quantity(self) -> int: ...
    @property
    def rate(self) -> Decimal | None: ...
    @property
    def per(self) -> int | None: ...
    @property
    def amount(self) -> Estimate[Decimal] | None: ...

class Cell:
    @property
    def model(self) -> str: ...
    @property
    def provider(self) -> str: ...
    @property
    def quality(self) -> str | None: ...
    @property
    def size(self) -> str | None: ...
    @property
    def n(self) -> int: ...
    @property
    def tier(self) -> str: ...
    @property
    def as_of(self) -> datetime.date: ...
    @property
    def state(self) -> Literal["priced", "unpriced", "illegal"]: ...
    @property
    def per_image(self) -> Estimate[Decimal] | None: ...
    @property
    def per_call(self) -> Estimate[Decimal] | None: ...
    @property
    def per_megapixel(self) -> Estimate[Decimal] | None: ...
    @property
    def availability(self) -> Literal["current", "ends", "retired"]: ...
    @property
    def is_cheapest(self) -> bool: ...
    @property
    def error(self) -> str | None: ...
    def to_dict(self) -> dict[str, Any]: ...

class Table:
    @property
    def column_names(self) -> list[str]: ...
    def __len__(self) -> int: ...
    def __arrow_c_schema__(self) -> object: ...
    def __arrow_c_stream__(self, requested_schema: object | None = None) -> object: ...
    def to_pandas(self) -> Any: ...
    def to_polars(self) -> Any: ...

class Budget:
    def __new__(
        cls,
        scope: str,
        ledger: str | os.PathLike[str] | None = None,
        *,
        cap: _Usd | None = None,
        per: Literal["hour", "day", "week", "month", "total"] | None = None,
        provider: str | None = None,
        per_call_cap: _Usd | None = None,
        observe: bool = False,
        deployments: Mapping[str, str] | None = None,
        on_event: Callable[[str, str, bool], object] | None = None,
    ) -> Self: ...
    @property
    def scope(self) -> str: ...
    @property
    def left(self) -> Decimal | None: ...
    def status(self) -> list[dict[str, Any]]: ...
    def hold(
        self,
        model: str | None = None,
        *,
        scope: str | None = None,
        key: str | None = None,
        tags: Mapping[str, str] | None = None,
        **parameters: Unpack[_Parameters],
    ) -> Hold: ...
    def drain(self) -> int: ...

class Hold:
    @property
    def id(self) -> str: ...
    @property
    def scope(self) -> str: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def left(self) -> Decimal | None: ...
    @property
    def quote(self) -> Quote: ...
    @property
    def booked(self) -> Booked | None: ...
    def settle(self, response: object) -> Booked: ...
    def release(self, reason: str = "the call was not made") -> Booked: ...
    def presume(self, reason: str = "the outcome of the call is unknown") -> Booked: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

class Booked:
    @property
    def state(self) -> Literal["settled", "released", "presumed", "held"]: ...
    @property
    def amount(self) -> Decimal: ...
    @property
    def overrun(self) -> Decimal: ...
    @property
    def reason(self) -> str | None: ...

class ImgcostError(Exception):
    code: str
    field: str | None
    allowed: tuple[str, ...]
    nearest: str | None

class UnknownName(ImgcostError, LookupError): ...
class NoPrice(ImgcostError, LookupError): ...
class BadRequest(ImgcostError, ValueError): ...
class BadResponse(ImgcostError, ValueError): ...
class BadPrices(ImgcostError, ValueError): ...
class LedgerError(ImgcostError, OSError): ...

class _Fit(TypedDict):
    parameter: Literal["n", "size", "quality"]
    value: str | int
    ceiling: Decimal

class Refused(ImgcostError):
    scope: str | None
    ceiling: Decimal | None
    left: Decimal | None
    fits: tuple[_Fit, ...]
    quote: Quote | None
