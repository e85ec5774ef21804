"""The exceptions of the package. All of them are ImgcostError."""


class ImgcostError(Exception):
    """What went wrong: code is the stable name of the kind.

    field is the parameter that it is about, allowed what would be accepted there, where that can be
    listed, and nearest the accepted value that is most like the one that was given.
    """

    code = ""
    field = None
    allowed = ()
    nearest = None


class UnknownName(ImgcostError, LookupError):
    """No provider or model of that name, or not there: allowed and nearest tell which."""


class NoPrice(ImgcostError, LookupError):
    """No price on that day, or none of the Batch API."""


class BadRequest(ImgcostError, ValueError):
    """Something that the API would refuse."""


class BadResponse(ImgcostError, ValueError):
    """A response that reports nothing that can be charged, or an error."""


class BadPrices(ImgcostError, ValueError):
    """A file of prices that is wrong: every problem, with its line."""


class LedgerError(ImgcostError, OSError):
    """The ledger can't answer, or does not take the step. No call is made without it."""


class Refused(ImgcostError):
    """A call that was not made, since it is not sure to fit.

    scope is whose money was asked for, ceiling what the call may cost at most, left what is left on
    the tightest budget, and fits what would fit, everything else the same: each the parameter, its
    value and the ceiling then. quote is the quote of the call, where it can be quoted.
    """

    scope = None
    ceiling = None
    left = None
    fits = ()
    quote = None

    def __reduce__(self):
        # A quote stays in its process; all else goes to another one too.
        return type(self), self.args, {**self.__dict__, "quote": None}
