"""Budgets by their names, and whose money a part of a program spends."""

import contextlib
import contextvars

from ._imgcost import Budget

_opened = {}
_spend = contextvars.ContextVar("imgcost.spend", default={})


def budget_of(budget, ledger=None, **options):
    """The budget of a name, opened once for each ledger; one that is given as it is."""
    if isinstance(budget, Budget):
        if ledger is not None or any(value is not None for value in options.values()):
            raise TypeError("a Budget has its ledger and cap: give them to it")
        return budget
    options = {name: value for name, value in options.items() if value is not None}
    named = (str(budget), str(ledger), *sorted((name, str(value)) for name, value in options.items()))
    if named not in _opened:
        _opened[named] = Budget(budget, ledger, **options)
    return _opened[named]


def hold(model=None, *, budget, ledger=None, cap=None, per=None, scope=None, key=None, tags=None, **parameters):
    """Quote a call that any client makes, and hold its ceiling.

    budget is a scope such as "team/alice", with its ledger, or a Budget. The other parameters are
    those of quote. Raises Refused if the call does not fit; then it must not be made.

    >>> import imgcost
    >>> with imgcost.hold("gpt-image-2", quality="low", size="1024x1024", prompt="a fox",
    ...                   budget="demo/hold", cap="0.10") as hold:
    ...     booked = hold.settle({"usage": {"input_tokens": 8, "output_tokens": 196}})
    >>> booked.amount
    Decimal('0.00592')
    """
    spent = {"scope": scope, "key": key, "tags": tags}
    spent = {**_spend.get(), **{name: value for name, value in spent.items() if value is not None}}
    opened = budget_of(budget, ledger, cap=cap, per=per)
    return opened.hold(model, **spent, **parameters)


@contextlib.contextmanager
def spending(scope=None, *, key=None, tags=None):
    """Whose money the calls in the block spend, where one client serves many, and under which names.

    key is one call: while its hold is open the same key gets the same hold, and once it is closed the
    call is refused. Blocks of other threads and tasks are their own.
    """
    spent = {"scope": scope, "key": key, "tags": tags}
    spent = {name: value for name, value in spent.items() if value is not None}
    token = _spend.set({**_spend.get(), **spent})
    try:
        yield
    finally:
        _spend.reset(token)


def spend_now():
    """What spending blocks say here."""
    return _spend.get()
