"""The budget in front of the SDKs' calls: every call is booked at what the API bills, to the nano-dollar."""

import asyncio
import base64
import gc
import gzip
import io
import json
import multiprocessing
import os
import subprocess
import sys
import threading
import time
import zlib
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import httpx
import imgcost
import imgcost.httpx
import openai
import pytest
from conftest import command
from test_quote import png

try:
    import httpx2
except ImportError:
    # An older SDK has httpx alone.
    httpx2 = None

CALL = dict(model="gpt-image-2", prompt="a fox", quality="low", size="1024x1024")
TEXT, IMAGE_IN, IMAGE_OUT = Decimal("0.000005"), Decimal("0.000008"), Decimal("0.00003")

both = pytest.mark.parametrize("library", [library for library in (httpx, httpx2) if library],
                               ids=lambda library: library.__name__)


def bill(usage):
    split = usage.input_tokens_details
    return split.text_tokens * TEXT + split.image_tokens * IMAGE_IN + usage.output_tokens * IMAGE_OUT


def sdk(fake, ledger, library=None, http=None, **options):
    http = http or imgcost.httpx.client(budget="team/alice", ledger=ledger.path, library=library)
    return openai.OpenAI(api_key="sk-own", base_url=fake, http_client=http, **options)


def async_sdk(fake, ledger, library=None, **options):
    http = imgcost.httpx.async_client(budget="team/alice", ledger=ledger.path, library=library)
    return openai.AsyncOpenAI(api_key="sk-own", base_url=fake, http_client=http, **options)


@both
def test_generate(fake, ledger, library):
    response = sdk(fake, ledger, library).images.generate(**CALL)
    assert base64.b64decode(response.data[0].b64_json[:32]).startswith(b"\x89PNG")
    assert ledger.books() == (bill(response.usage), 0, ["settled"])


@both
def test_several_and_edit_with_files(fake, ledger, library):
    client = sdk(fake, ledger, library)
    several = client.images.generate(**CALL, n=3)
    files = [io.BytesIO(png(640, 480)), io.BytesIO(png(300, 300))]
    for number, file in enumerate(files):
        file.name = f"{number}.png"
    edited = client.images.edit(image=files, **CALL)
    assert len(several.data) == 3 and edited.usage.input_tokens_details.image_tokens > 0
    assert ledger.books() == (bill(several.usage) + bill(edited.usage), 0, ["settled"] * 2)


@both
def test_a_stream_passes_unbuffered_and_is_settled(fake, ledger, library):
    stream = sdk(fake, ledger, library).images.generate(
        **CALL, stream=True, partial_images=2, extra_headers={"x-fake": "slow"})
    times, events = [], []
    for event in stream:
        times.append(time.monotonic())
        events.append(event)
    assert [event.type.rsplit(".")[1] for event in events] == ["partial_image", "partial_image", "completed"]
    # Its parts come 30 ms apart.
    assert times[-1] - times[0] > 0.06
    assert ledger.books() == (bill(events[-1].usage), 0, ["settled"])


def test_a_stream_that_is_closed_early_is_presumed(fake, ledger):
    client = sdk(fake, ledger)
    ceiling = imgcost.quote(**CALL, stream=True, partial_images=2).ceiling
    stream = client.images.generate(**CALL, stream=True, partial_images=2, extra_headers={"x-fake": "slow"})
    next(iter(stream))
    stream.close()
    assert ledger.books() == (ceiling, 0, ["presumed"])
    # Nobody closes it.
    stream = client.images.generate(**CALL, stream=True, partial_images=2, extra_headers={"x-fake": "slow"})
    next(iter(stream))
    del stream
    gc.collect()
    assert ledger.books() == (2 * ceiling, 0, ["presumed"] * 2)


@both
def test_a_refusal_reaches_the_caller_at_once(fake, ledger, library):
    client = sdk(fake, ledger, library, max_retries=5)
    for n in (1, 1, 1):
        client.images.generate(**{**CALL, "quality": "high"}, n=n)
    before = command("budget", "log", "--ledger", ledger.path)["entries"]
    begin = time.monotonic()
    with pytest.raises(imgcost.Refused) as caught:
        client.images.generate(**{**CALL, "quality": "high"}, n=4)
    assert time.monotonic() - begin < 0.4
    refused = caught.value
    assert refused.code == "over-budget" and refused.scope == "team/alice"
    assert refused.quote.ceiling == refused.ceiling > refused.left
    assert [(fit["parameter"], fit["value"]) for fit in refused.fits] == [("n", 1), ("quality", "medium")]
    assert "n = 1" in str(refused) and "team has $" in str(refused)
    assert refused.fits[0]["ceiling"] <= refused.left == ledger_left(ledger)
    assert command("budget", "log", "--ledger", ledger.path)["entries"] == before


def ledger_left(ledger):
    return imgcost.Budget("team/alice", ledger.path).left


@pytest.mark.parametrize("way", ["with_raw_response", "with_streaming_response", "stream"])
def test_a_refusal_reaches_callers_of_raw_responses(fake, ledger, way):
    client = sdk(fake, ledger)
    call = {**CALL, "quality": "high", "n": 10}
    with pytest.raises(imgcost.Refused):
        if way == "with_raw_response":
            client.images.with_raw_response.generate(**call)
        elif way == "with_streaming_response":
            with client.images.with_streaming_response.generate(**call):
                pass
        else:
            client.images.generate(**{**call, "n": 1, "size": "3840x2160", "quality": "high"}, stream=True)
            client.images.generate(**{**call, "n": 1, "size": "3840x2160", "quality": "high"}, stream=True)
            client.images.generate(**{**call, "n": 1, "size": "3840x2160", "quality": "high"}, stream=True)
            client.images.generate(**call, stream=True)


@both
def test_a_refusal_is_raised_by_a_plain_client(fake, ledger, library):
    with imgcost.httpx.client(budget="team/alice", ledger=ledger.path, library=library) as client:
        with pytest.raises(imgcost.Refused):
            client.post(f"{fake}/images/generations", json={**CALL, "quality": "high", "n": 10})
        response = client.post(f"{fake}/images/generations", json=CALL)
        assert response.status_code == 200
    assert ledger.books()[1:] == (0, ["settled"])


def test_what_an_older_sdk_makes_of_a_refusal(ledger):
    """It catches all that a transport raises; what raise_for_status raises it does not."""
    client = imgcost.httpx.client(budget="team/alice", ledger=ledger.path)
    response = client.post("http://127.0.0.1:9/v1/images/generations", json={**CALL, "quality": "high", "n": 10},
                           headers={"x-stainless-lang": "python"})
    assert response.status_code == 402 and response.json()["error"]["code"] == "over-budget"
    with pytest.raises(imgcost.Refused):
        response.raise_for_status()


def test_requests_that_can_not_be_quoted_are_refused(fake, ledger):
    client = sdk(fake, ledger)
    with pytest.raises(imgcost.Refused) as caught:
        client.images.generate(**{**CALL, "model": "gpt-imgae-2"})
    assert (caught.value.code, caught.value.nearest) == ("unknown-model", "gpt-image-2")
    with pytest.raises(imgcost.Refused) as caught:
        client.images.generate(**CALL, n=11)
    assert caught.value.field == "n"
    other = openai.OpenAI(api_key="sk", base_url=fake,
                          http_client=imgcost.httpx.client(budget="taem", ledger=ledger.path))
    with pytest.raises(imgcost.Refused, match="nearest: team"):
        other.images.generate(**CALL)
    assert ledger.books() == (0, 0, [])


def test_errors_and_retries_are_booked_by_the_providers_rules(fake, ledger):
    client = sdk(fake, ledger, max_retries=0)
    for behaviour, error in [("400", openai.BadRequestError), ("401", openai.AuthenticationError),
                             ("429", openai.RateLimitError)]:
        with pytest.raises(error):
            client.images.generate(**CALL, extra_headers={"x-fake": behaviour})
    assert ledger.books() == (0, 0, ["released"] * 3)
    for behaviour, error in [("reset", openai.APIConnectionError), ("no-usage", None)]:
        try:
            client.images.generate(**CALL, extra_headers={"x-fake": behaviour})
        except openai.APIConnectionError:
            assert error is openai.APIConnectionError
    assert ledger.books()[1:] == (0, ["presumed"] * 2 + ["released"] * 3)
    # Each attempt has a hold of its own.
    retrying = sdk(fake, ledger, max_retries=1)
    with pytest.raises(openai.APIConnectionError):
        retrying.images.generate(**CALL, extra_headers={"x-fake": "reset"})
    assert ledger.books()[1:] == (0, ["presumed"] * 4 + ["released"] * 3)


def test_a_server_that_is_not_there_costs_nothing(ledger):
    client = openai.OpenAI(api_key="sk", base_url="http://127.0.0.1:9/v1", max_retries=0,
                           http_client=imgcost.httpx.client(budget="team/alice", ledger=ledger.path))
    with pytest.raises(openai.APIConnectionError):
        client.images.generate(**CALL)
    assert ledger.books() == (0, 0, ["released"])


def test_a_body_that_breaks_off_is_presumed(fake, ledger):
    client = sdk(fake, ledger, max_retries=0)
    with pytest.raises(openai.APIConnectionError):
        client.images.generate(**CALL, extra_headers={"x-fake": "torn"})
    assert ledger.books() == (imgcost.quote(**CALL).ceiling, 0, ["presumed"])


def test_other_calls_pass_and_are_not_read(fake, ledger):
    seen = []

    class Inner(httpx.BaseTransport):
        def handle_request(self, request):
            seen.append((request.method, request.url.path, hasattr(request, "_content")))
            return httpx.Response(200, json={"data": []})

    transport = imgcost.httpx.Transport(Inner(), "team/alice", ledger.path)

    def upload():
        yield b"one"

    with httpx.Client(transport=transport) as client:
        client.get("https://api.openai.com/v1/models")
        client.post("https://api.openai.com/v1/files", content=upload())
    assert seen == [("GET", "/v1/models", True), ("POST", "/v1/files", False)]
    assert ledger.books() == (0, 0, [])


class Parts(httpx.SyncByteStream):
    def __init__(self, body):
        self.body = body

    def __iter__(self):
        for at in range(0, len(self.body), 10):
            yield self.body[at:at + 10]


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", None])
def test_compressed_responses(ledger, encoding):
    usage = {"input_tokens": 8, "input_tokens_details": {"text_tokens": 8, "image_tokens": 0}, "output_tokens": 196}
    body = json.dumps({"created": 1, "data": [{"b64_json": "aGVsbG8="}], "usage": usage}).encode()
    asked = []

    class Inner(httpx.BaseTransport):
        def handle_request(self, request):
            asked.append(request.headers["accept-encoding"])
            if encoding == "gzip":
                return httpx.Response(200, stream=Parts(gzip.compress(body)), headers={"content-encoding": "gzip"})
            if encoding == "deflate":
                return httpx.Response(200, stream=Parts(zlib.compress(body)), headers={"content-encoding": "deflate"})
            return httpx.Response(200, content=body)

    client = httpx.Client(transport=imgcost.httpx.Transport(Inner(), "team/alice", ledger.path))
    response = client.post("https://api.openai.com/v1/images/generations", json=CALL,
                           headers={"accept-encoding": encoding or "identity"})
    assert response.json()["usage"] == usage
    assert asked == ["gzip, deflate" if encoding == "br" else encoding or "identity"]
    assert ledger.books() == (Decimal("0.00592"), 0, ["settled"])


@both
def test_async(fake, ledger, library):
    async def calls():
        client = async_sdk(fake, ledger, library)
        responses = await asyncio.gather(*(client.images.generate(**CALL) for _ in range(8)))
        events = [event async for event in await client.images.generate(**CALL, stream=True, partial_images=1)]
        with pytest.raises(imgcost.Refused):
            await client.images.generate(**{**CALL, "quality": "high"}, n=10)
        await client.close()
        return sum(bill(response.usage) for response in responses) + bill(events[-1].usage)

    assert ledger.books() == (0, 0, [])
    usd = asyncio.run(calls())
    assert ledger.books() == (usd, 0, ["settled"] * 9)


def test_an_async_call_that_is_cancelled_is_presumed(fake, ledger):
    ceiling = imgcost.quote(**CALL).ceiling

    async def calls():
        client = async_sdk(fake, ledger, max_retries=0)
        with pytest.raises((asyncio.TimeoutError, TimeoutError)):
            await asyncio.wait_for(client.images.generate(**CALL, extra_headers={"x-fake": "hang"}), 0.3)
        stream = await client.images.generate(**CALL, stream=True, extra_headers={"x-fake": "stalled"})

        async def read():
            async for _ in stream:
                pass

        with pytest.raises((asyncio.TimeoutError, TimeoutError)):
            await asyncio.wait_for(read(), 0.3)
        await stream.close()
        await client.close()

    asyncio.run(calls())
    assert ledger.books() == (ceiling + imgcost.quote(**CALL, stream=True).ceiling, 0, ["presumed"] * 2)


def test_gemini(fake_gemini, ledger):
    genai = pytest.importorskip("google.genai")
    http = imgcost.httpx.client(budget="team/alice", ledger=ledger.path, provider="gemini")
    client = genai.Client(api_key="key", http_options=genai.types.HttpOptions(base_url=fake_gemini, httpx_client=http))
    ask = dict(model="gemini-3-pro-image-preview", contents="a fox")
    response = client.models.generate_content(**ask)
    assert ledger.books() == (imgcost.charge(response).ceiling, 0, ["settled"])
    with pytest.raises(imgcost.Refused) as caught:
        for _ in range(20):
            client.models.generate_content(**ask)
    assert caught.value.code == "over-budget" and caught.value.quote.model == "gemini-3-pro-image-preview"


def test_events_are_heard_or_logged(fake, ledger, caplog, monkeypatch):
    heard = []
    http = imgcost.httpx.client(budget="team/alice", ledger=ledger.path,
                                on_event=lambda *event: heard.append(event))
    sdk(fake, ledger, http=http).images.generate(**CALL)
    assert [name for name, _, _ in heard] == ["held", "other-host", "booked"]
    with caplog.at_level("INFO", logger="imgcost"):
        sdk(fake, ledger).images.generate(**CALL)
    assert any("is settled at $" in record.getMessage() for record in caplog.records)

    def broken(*_):
        raise RuntimeError("a listener's own trouble")

    http = imgcost.httpx.client(budget="team/bob", ledger=ledger.path, on_event=broken)
    unraisable = []
    monkeypatch.setattr(sys, "unraisablehook", unraisable.append)
    sdk(fake, ledger, http=http).images.generate(**CALL)
    assert "a listener's own trouble" in str(unraisable[0].exc_value)


def test_whose_money_a_block_spends(fake, ledger):
    client = sdk(fake, ledger)
    with imgcost.spending("team/bob", key="job-17", tags={"order": "4711"}):
        client.images.generate(**CALL)
        with pytest.raises(imgcost.Refused, match="use a new key") as caught:
            client.images.generate(**CALL)
        assert caught.value.code == "conflict"
    client.images.generate(**CALL)
    held = [entry for entry in command("budget", "log", "--ledger", ledger.path)["entries"] if entry["event"] == "held"]
    assert sorted(entry["scope"] for entry in held) == ["team/alice", "team/bob"]

    async def several():
        client = async_sdk(fake, ledger)

        async def one(name):
            with imgcost.spending(f"team/{name}"):
                await client.images.generate(**CALL)

        await asyncio.gather(one("carol"), one("dave"))

    asyncio.run(several())
    held = [entry for entry in command("budget", "log", "--ledger", ledger.path)["entries"] if entry["event"] == "held"]
    assert sorted(entry["scope"] for entry in held) == ["team/alice", "team/bob", "team/carol", "team/dave"]


# A call that may cost $0.04116 at the most: 24 of them fit under $1.00.
DEAR = dict(model="gpt-image-2", prompt="", quality="medium", size="1536x1024")


def attempt(fake, path, times):
    client = openai.OpenAI(api_key="sk", base_url=fake, max_retries=0,
                           http_client=imgcost.httpx.client(budget="team/alice", ledger=path))
    done = []
    for _ in range(times):
        try:
            done.append(bill(client.images.generate(**{**DEAR, "prompt": "a fox"}).usage))
        except imgcost.Refused:
            done.append(None)
    return done


def attempts(fake, ledger, run):
    done = [usd for part in run(attempt, fake, ledger.path) for usd in part]
    spent = [usd for usd in done if usd is not None]
    used, open_calls, ends = ledger.books()
    assert used == sum(spent) <= Decimal("1.00") and open_calls == 0 and ends == ["settled"] * len(spent)
    # As many as fit, and no more.
    assert len(spent) == int(Decimal("1.00") / spent[0]) and None in done


def test_many_threads_under_one_cap(fake, ledger):
    def run(function, *arguments):
        with ThreadPoolExecutor(8) as pool:
            return [future.result() for future in [pool.submit(function, *arguments, 5) for _ in range(8)]]

    attempts(fake, ledger, run)


@pytest.mark.parametrize("start", ["fork", pytest.param("spawn", marks=pytest.mark.long)])
def test_many_processes_under_one_cap(fake, ledger, start):
    # Before the fork the ledger is open here, and a call is under way.
    client = sdk(fake, ledger)
    stream = client.images.generate(**{**DEAR, "prompt": "a fox", "size": "1024x1024", "quality": "low"}, stream=True,
                                    extra_headers={"x-fake": "slow"})
    first = bill([event for event in stream][-1].usage)

    def run(function, *arguments):
        with multiprocessing.get_context(start).Pool(4) as pool:
            return [*pool.starmap(function, [(*arguments, 8)] * 4), [first]]

    done = [usd for part in run(attempt, fake, ledger.path) for usd in part]
    spent = [usd for usd in done if usd is not None]
    used, open_calls, ends = ledger.books()
    assert used == sum(spent) <= Decimal("1.00") and open_calls == 0 and ends == ["settled"] * len(spent)
    assert None in done and Decimal("1.00") - used < Decimal("0.0412")


def test_a_forked_child_ends_no_call_of_its_parent(fake, ledger):
    client = sdk(fake, ledger)
    stream = client.images.generate(**CALL, stream=True, partial_images=2, extra_headers={"x-fake": "slow"})
    next(iter(stream))
    child = os.fork()
    if child == 0:
        try:
            stream.close()
            del stream
            gc.collect()
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    assert ledger.books()[1:] == (1, [])
    usage = [event for event in stream][-1].usage
    assert ledger.books() == (bill(usage), 0, ["settled"])


HOLDS_THE_LOCK = """
import sqlite3, sys, time
other = sqlite3.connect(sys.argv[1], isolation_level=None)
other.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
time.sleep(0.5)
other.execute("ROLLBACK")
"""


def test_the_interpreter_is_free_while_the_ledger_is_asked(ledger):
    """Another program writes meanwhile; the threads of this one go on."""
    budget = imgcost.Budget("team/alice", ledger.path)
    counted, stop = [0], threading.Event()

    def count():
        while not stop.wait(0.001):
            counted[0] += 1

    threading.Thread(target=count, daemon=True).start()
    other = subprocess.Popen([sys.executable, "-c", HOLDS_THE_LOCK, ledger.path], stdout=subprocess.PIPE)
    other.stdout.readline()
    before, begin = counted[0], time.monotonic()
    with budget.hold(**CALL) as hold:
        hold.release()
    waited = time.monotonic() - begin
    stop.set()
    other.wait()
    assert waited > 0.2 and counted[0] - before > 50
