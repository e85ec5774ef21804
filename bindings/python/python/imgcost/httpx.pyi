import os
from collections.abc import Callable
from decimal import Decimal
from types import ModuleType
from typing import Any, Literal

import httpx

from . import Budget

_Usd = Decimal | str | int
_Per = Literal["hour", "day", "week", "month", "total"]

def client(
    budget: str | Budget,
    ledger: str | os.PathLike[str] | None = None,
    *,
    cap: _Usd | None = None,
    per: _Per | None = None,
    provider: str | None = None,
    on_event: Callable[[str, str, bool], object] | None = None,
    library: ModuleType | None = None,
    **options: Any,
) -> Any: ...
def async_client(
    budget: str | Budget,
    ledger: str | os.PathLike[str] | None = None,
    *,
    cap: _Usd | None = None,
    per: _Per | None = None,
    provider: str | None = None,
    on_event: Callable[[str, str, bool], object] | None = None,
    library: ModuleType | None = None,
    **options: Any,
) -> Any: ...

class Transport(httpx.BaseTransport):
    def __init__(
        self, transport: Any, budget: str | Budget, ledger: str | os.PathLike[str] | None = None
    ) -> None: ...

class AsyncTransport(httpx.AsyncBaseTransport):
    def __init__(
        self, transport: Any, budget: str | Budget, ledger: str | os.PathLike[str] | None = None
    ) -> None: ...
