"""A budget in front of the calls of an httpx client, and so of the OpenAI and google-genai SDKs.

    client = OpenAI(http_client=imgcost.httpx.client(budget="team/alice", ledger="budget.db"))

Each image call is quoted before it is sent and held at its ceiling; a call that does not fit raises
imgcost.Refused and is not sent. The call is booked by its response as that passes, unchanged and
without delay. Both httpx and httpx2, its successor, are served.
"""

import logging
import sys
import zlib

from ._budgets import budget_of, spend_now
from ._errors import LedgerError, Refused
from ._imgcost import Budget

try:
    import httpx as _httpx
except ImportError:
    _httpx = None
try:
    import httpx2 as _httpx2
except ImportError:
    _httpx2 = None
if _httpx is None and _httpx2 is None:
    raise ImportError("imgcost.httpx needs httpx or httpx2")

__all__ = ["AsyncTransport", "Transport", "async_client", "client"]

_libraries = [library for library in (_httpx, _httpx2) if library is not None]
_log = logging.getLogger("imgcost")

# No byte of the request was sent.
_NOT_SENT = tuple(
    getattr(library, name)
    for library in _libraries
    for name in ("ConnectError", "ConnectTimeout", "PoolTimeout", "ProxyError", "UnsupportedProtocol")
)


def client(budget, ledger=None, *, cap=None, per=None, provider=None, on_event=None, library=None, **options):
    """An httpx client whose image calls are within a budget.

    budget is a scope such as "team/alice", with its ledger, or an imgcost.Budget. library is httpx or
    httpx2, where both are installed and the first is not meant. The other options are the client's own.
    """
    return _client("Client", Transport, budget_of_call(budget, ledger, cap, per, provider, on_event), library, options)


def async_client(budget, ledger=None, *, cap=None, per=None, provider=None, on_event=None, library=None, **options):
    """The same for async code."""
    opened = budget_of_call(budget, ledger, cap, per, provider, on_event)
    return _client("AsyncClient", AsyncTransport, opened, library, options)


def budget_of_call(budget, ledger, cap, per, provider, on_event):
    if on_event is None and not isinstance(budget, Budget):
        on_event = log_event
    return budget_of(budget, ledger, cap=cap, per=per, provider=provider, on_event=on_event)


def log_event(name, message, is_warning):
    """Brings what happens to calls to logging, under the name imgcost."""
    _log.log(logging.WARNING if is_warning else logging.INFO, "%s", message, extra={"event": name})


def _client(kind, transport, budget, library, options):
    # As the SDKs' own clients do.
    options.setdefault("follow_redirects", True)
    made = getattr(library or _libraries[0], kind)(**options)
    # What a client makes of its environment's proxies and certificates is kept, and nothing of it is
    # open to callers: every transport that it may take is wrapped where it is.
    if not hasattr(made, "_transport") or not hasattr(made, "_mounts"):
        raise RuntimeError("this version of httpx keeps its transports elsewhere: give it imgcost.httpx.Transport")
    made._transport = transport(made._transport, budget)
    made._mounts = {
        pattern: None if mounted is None else transport(mounted, budget)
        for pattern, mounted in made._mounts.items()
    }
    return made


class _Call:
    """One request on its way: what is sync and async alike."""

    def __init__(self, budget, request):
        self.budget = budget
        self.request = request
        self.address = str(request.url)
        self.call = None

    def before(self, body):
        spent = spend_now()
        self.call = self.budget._before(
            self.address,
            self.request.headers.get("content-type"),
            body,
            spent.get("scope"),
            spent.get("key"),
            spent.get("tags"),
        )
        if self.call is not None:
            self._accept_what_can_be_read()

    def result(self):
        self.call = self.budget._result(self.address)
        if self.call is not None:
            self._accept_what_can_be_read()

    def _accept_what_can_be_read(self):
        accepted = self.request.headers.get("accept-encoding", "")
        if any(name in accepted for name in ("br", "zstd", "*")):
            self.request.headers["accept-encoding"] = "gzip, deflate"

    def failed(self, error):
        if isinstance(error, _NOT_SENT):
            self.call.not_sent()
        else:
            self.call.no_response()

    def answered(self, response):
        """Who watches the response, and what undoes its encoding; nothing where it came whole."""
        observer = self.call.answered(response.status_code)
        if response.is_closed:
            # As those of tests do.
            return observer, None
        return observer, _decoder(response.headers.get("content-encoding", ""))


def _decoder(encoding):
    """What undoes a response's content encoding, for the one who watches."""
    encoding = encoding.strip().lower()
    if encoding in ("gzip", "x-gzip", "deflate"):
        return _inflate(zlib.decompressobj(zlib.MAX_WBITS | 32))
    # What can't be read is presumed.
    return lambda chunk: chunk


def _inflate(stream):
    def decode(chunk):
        try:
            return stream.decompress(chunk)
        except zlib.error:
            return b""

    return decode


def _is_of_sdk(request):
    # An SDK that takes whatever its transport raises for a lost connection, and tries again.
    return "x-stainless-lang" in request.headers


def _refusing(library, request, refused):
    """A response in place of a call that was refused, which raises the refusal where it is judged.

    The OpenAI SDK before version 3 catches all that a transport raises, tries again, and raises
    APIConnectionError in its place. What raise_for_status raises reaches the caller at once.
    """

    class RefusingResponse(library.Response):
        def raise_for_status(self):
            raise refused

    return RefusingResponse(402, headers={"x-should-retry": "false"}, json={"error": {
        "message": str(refused), "type": "imgcost_refused", "code": refused.code,
    }}, request=request)


def _library_of(request):
    module = type(request).__module__.partition(".")[0]
    return sys.modules.get(module, _libraries[0])


class _Mixed:
    def __init__(self, transport, budget, ledger=None):
        self._transport = transport
        self._budget = budget_of_call(budget, ledger, None, None, None, None)

    def __repr__(self):
        return f"<{type(self).__name__} {self._budget.scope} of {self._transport!r}>"


def _bases(name):
    return tuple(getattr(library, name) for library in _libraries)


class Transport(_Mixed, *_bases("BaseTransport")):
    """Wraps another transport of httpx or httpx2: every image call through it is within a budget."""

    def handle_request(self, request):
        call = _Call(self._budget, request)
        if request.method == "GET":
            call.result()
        elif self._budget._watches(request.method, call.address):
            try:
                call.before(request.read())
            except (Refused, LedgerError) as refused:
                if _is_of_sdk(request):
                    return _refusing(_library_of(request), request, refused)
                raise
        if call.call is None:
            return self._transport.handle_request(request)
        try:
            response = self._transport.handle_request(request)
        except BaseException as error:
            call.failed(error)
            raise
        observer, decode = call.answered(response)
        if decode is None:
            observer.feed(response.content)
            observer.end()
        else:
            response.stream = _Watched(response.stream, observer, decode)
        return response

    def close(self):
        self._transport.close()

    def __enter__(self):
        self._transport.__enter__()
        return self

    def __exit__(self, *error):
        self._transport.__exit__(*error)


class _Watched(*_bases("SyncByteStream")):
    """The body of a response, every piece as it came."""

    def __init__(self, stream, observer, decode):
        self._stream = stream
        self._observer = observer
        self._decode = decode

    def __iter__(self):
        try:
            for chunk in self._stream:
                self._observer.feed(self._decode(chunk))
                yield chunk
        except BaseException:
            self._observer.broke_off()
            raise
        self._observer.end()

    def close(self):
        try:
            self._stream.close()
        finally:
            # After its end this is nothing more.
            self._observer.broke_off()


class AsyncTransport(_Mixed, *_bases("AsyncBaseTransport")):
    """The same for async clients. The ledger is asked on other threads."""

    async def handle_async_request(self, request):
        call = _Call(self._budget, request)
        if request.method == "GET":
            await _aside(call.result)
        elif self._budget._watches(request.method, call.address):
            body = await request.aread()
            try:
                await _aside(call.before, body)
            except (Refused, LedgerError) as refused:
                if _is_of_sdk(request):
                    return _refusing(_library_of(request), request, refused)
                raise
        if call.call is None:
            return await self._transport.handle_async_request(request)
        try:
            response = await self._transport.handle_async_request(request)
        except BaseException as error:
            await _aside(call.failed, error)
            raise
        observer, decode = call.answered(response)
        if decode is None:
            await _aside(observer.feed, response.content)
            await _aside(observer.end)
        else:
            response.stream = _AsyncWatched(response.stream, observer, decode)
        return response

    async def aclose(self):
        await self._transport.aclose()

    async def __aenter__(self):
        await self._transport.__aenter__()
        return self

    async def __aexit__(self, *error):
        await self._transport.__aexit__(*error)


class _AsyncWatched(*_bases("AsyncByteStream")):
    """The body of a response, every piece as it came."""

    def __init__(self, stream, observer, decode):
        self._stream = stream
        self._observer = observer
        self._decode = decode

    async def __aiter__(self):
        try:
            async for chunk in self._stream:
                await _aside(self._observer.feed, self._decode(chunk))
                yield chunk
        except BaseException:
            await _aside(self._observer.broke_off)
            raise
        await _aside(self._observer.end)

    async def aclose(self):
        try:
            await self._stream.aclose()
        finally:
            await _aside(self._observer.broke_off)


async def _aside(function, *arguments):
    """Calls what may wait for the ledger on another thread, also where the task is cancelled."""
    import anyio

    with anyio.CancelScope(shield=True):
        return await anyio.to_thread.run_sync(function, *arguments)
