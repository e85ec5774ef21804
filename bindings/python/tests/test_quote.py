"""Quotes: the same as the command's, by the one list of parameters."""

import datetime
import pathlib
import pickle
import struct
import subprocess
import sys
import zlib
from decimal import Decimal

import imgcost
import pytest
from conftest import command

DAY = "2026-11-21"


def png(width, height):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\x80" * width) * height
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def test_amounts_are_decimals_and_lines_add_up():
    quote = imgcost.quote("gpt-image-2", quality="high", size="1536x1024", n=4, prompt="a red apple", as_of=DAY)
    assert quote.total.floor == quote.expected == quote.ceiling == Decimal("0.65874")
    assert sum(line.amount.ceiling for line in quote.lines) == quote.ceiling
    assert [(line.item, line.quantity.ceiling, line.rate, line.per) for line in quote.lines] == [
        ("text_input", 36, Decimal(5), 1_000_000),
        ("image_output", 21952, Decimal(30), 1_000_000),
    ]
    assert quote.is_exact and quote.is_proven and quote.is_complete and quote.notes == []
    assert (quote.provider, quote.model, quote.as_of) == ("openai", "gpt-image-2", datetime.date(2026, 11, 21))
    assert str(quote.total) == "0.65874" and quote.id.startswith("q_")


def test_a_range_has_three_amounts_and_says_what_its_ceiling_rests_on():
    quote = imgcost.quote("gpt-image-2", size="1024x1024", prompt_tokens=5, as_of=DAY)
    assert quote.floor < quote.ceiling and quote.expected is None and quote.total.basis == "proven"
    assert not quote.is_exact and "auto" in {note.code for note in quote.notes}


# A value of each parameter, as Python has it and as the command takes it.
CALLS = [
    (dict(model="gpt-image-2", quality="high", size="1536x1024", n=4, prompt="a red apple"),
     ["gpt-image-2", "high", "1536x1024", "x4", "--prompt", "a red apple"]),
    (dict(model="gpt-image-1.5", images=["1024x1536", (512, 512)], mask=True, input_fidelity="high", prompt_tokens=40),
     ["gpt-image-1.5", "--image", "1024x1536", "--image", "512x512", "--mask", "1024x1536", "--input-fidelity", "high",
      "--prompt-tokens", "40"]),
    (dict(model="gpt-image-2", stream=True, partial_images=2, quality="low", background="opaque", output_format="webp",
          output_compression=80),
     ["gpt-image-2", "--stream", "--partial-images", "2", "-q", "low", "--background", "opaque", "--output-format",
      "webp", "--output-compression", "80"]),
    (dict(model="gpt-image-2", provider="openai", tier="batch", quality="low", size="1024x1024"),
     ["gpt-image-2", "-p", "openai", "--tier", "batch", "-q", "low", "-s", "1024x1024"]),
    (dict(model="gpt-image-2", endpoint="responses", responses_model="gpt-5.1", max_tool_calls=2, prompt_tokens=9),
     ["gpt-image-2", "--endpoint", "responses", "--responses-model", "gpt-5.1", "--max-tool-calls", "2",
      "--prompt-tokens", "9"]),
    (dict(model="dall-e-3", quality="hd", size="1024x1792"), ["dall-e-3", "hd", "1024x1792"]),
    (dict(model="gpt-image-1", provider="new-api", quality="low", size="1024x1024", group_ratio=Decimal("0.5")),
     ["gpt-image-1", "-p", "new-api", "low", "1024x1024", "--group-ratio", "0.5"]),
    (dict(model="gemini-3-pro-image-preview", size="2K", prompt_tokens=12),
     ["gemini-3-pro-image-preview", "2K", "--prompt-tokens", "12"]),
]


@pytest.mark.parametrize("call, words", CALLS, ids=[" ".join(words) for _, words in CALLS])
def test_the_document_is_the_commands(call, words):
    assert imgcost.quote(**call, as_of=DAY).to_dict() == command(*words, "--as-of", DAY, check=False)


def test_every_parameter_is_in_a_call():
    used = {name for call, _ in CALLS for name in call} | {"as_of"}
    assert set(imgcost.PARAMETERS) == used - {"prompt"}


def test_images_by_size_bytes_file_or_unknown(tmp_path):
    file = tmp_path / "apple.png"
    file.write_bytes(png(640, 480))
    base = dict(model="gpt-image-2", quality="low", size="1024x1024", prompt_tokens=5, as_of=DAY)
    quotes = [imgcost.quote(**base, images=images) for images in
              (["640x480"], [(640, 480)], [png(640, 480)], [file], [str(file)], "640x480", file)]
    assert len({quote.id for quote in quotes}) == 1 and quotes[0].to_dict()["request"]["images"] == ["640x480"]
    unknown = imgcost.quote(**base, images=[None])
    assert unknown.floor < unknown.ceiling
    with pytest.raises(imgcost.BadRequest, match="bytes"):
        imgcost.quote(**base, images=[b"no image"])
    with pytest.raises(FileNotFoundError):
        imgcost.quote(**base, images=[tmp_path / "absent.png"])


def test_days_are_dates_or_text_and_left_out_today():
    day = datetime.date(2026, 11, 21)
    assert imgcost.quote("gpt-image-2", as_of=day).id == imgcost.quote("gpt-image-2", as_of=DAY).id
    before = datetime.datetime.now(datetime.timezone.utc).date()
    assert before <= imgcost.quote("gpt-image-2").as_of <= datetime.datetime.now(datetime.timezone.utc).date()


def test_errors_by_kind():
    with pytest.raises(imgcost.UnknownName) as caught:
        imgcost.quote("gpt-imgae-2")
    error = caught.value
    assert (error.code, error.field, error.nearest) == ("unknown-model", "model", "gpt-image-2")
    assert "gpt-image-2" in error.allowed and isinstance(error, LookupError)
    with pytest.raises(imgcost.UnknownName) as caught:
        imgcost.quote("gpt-image-2", provider="opnai")
    assert (caught.value.code, caught.value.nearest) == ("unknown-provider", "openai")
    with pytest.raises(imgcost.UnknownName) as caught:
        imgcost.quote()
    assert caught.value.code == "no-model"
    with pytest.raises(imgcost.BadRequest) as caught:
        imgcost.quote("dall-e-3", n=2, as_of="2026-01-31")
    assert caught.value.field == "n" and isinstance(caught.value, ValueError)
    with pytest.raises(imgcost.NoPrice):
        imgcost.quote("gpt-image-2", as_of="2020-01-01")
    for wrong in (dict(n="many"), dict(n=-1), dict(n=2**70), dict(size="wide"), dict(tier="cheap"), dict(stream="x"),
                  dict(as_of="yesterday"), dict(quality=3)):
        with pytest.raises(imgcost.BadRequest):
            imgcost.quote("gpt-image-2", **wrong)
    with pytest.raises(TypeError, match="nearest: quality"):
        imgcost.quote("gpt-image-2", qualty="high")
    with pytest.raises(TypeError, match="prompt takes text, not bytes"):
        imgcost.quote("gpt-image-2", prompt=b"a fox")
    assert pickle.loads(pickle.dumps(error)).nearest == "gpt-image-2"


def test_quotes_compare_by_what_was_asked():
    one = imgcost.quote("gpt-image-2", quality="low", as_of=DAY)
    same = imgcost.quote("gpt-image-2", quality="low", as_of=DAY, output_format="webp")
    other = imgcost.quote("gpt-image-2", quality="high", as_of=DAY)
    assert one == same and hash(one) == hash(same) and one != other
    assert "gpt-image-2 at openai" in repr(one) and repr(one.lines[0]).startswith("<Line")


def test_importing_is_of_the_package_alone():
    code = "import sys, imgcost; print([name for name in ('httpx', 'httpx2', 'decimal', 'json', 'asyncio') if name in sys.modules])"
    done = subprocess.run([sys.executable, "-I", "-c", code], stdout=subprocess.PIPE, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_examples_in_the_documentation_are_true():
    import doctest

    import imgcost._imgcost as native

    import imgcost._budgets as budgets
    for module in (imgcost, budgets):
        tried = doctest.testmod(module)
        assert tried.attempted > 0 and tried.failed == 0
    readme = pathlib.Path(__file__).parent.with_name("README.md")
    tried = doctest.testfile(str(readme), module_relative=False)
    assert tried.attempted > 8 and tried.failed == 0
    tried = failed = 0
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner()
    for name in ("quote", "charge", "compare", "Budget"):
        for test in finder.find(getattr(native, name), name):
            outcome = runner.run(test)
            tried, failed = tried + outcome.attempted, failed + outcome.failed
    assert tried > 8 and failed == 0


def test_stubs_name_every_parameter_and_everything_that_is_exported():
    import ast

    stubs = pathlib.Path(imgcost.__file__).with_name("__init__.pyi")
    tree = ast.parse(stubs.read_text())
    defined = {node.name: node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    names = set(defined) | {node.target.id for node in tree.body if isinstance(node, ast.AnnAssign)}
    assert set(imgcost.__all__) <= names
    parameters = set(imgcost.PARAMETERS) | {"prompt"}
    taken = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "_Parameters")
    assert {node.target.id for node in taken.body if isinstance(node, ast.AnnAssign)} | {"model"} == parameters
    for name in imgcost.__all__:
        if isinstance(node := defined.get(name), ast.ClassDef):
            members = {member for member in dir(getattr(imgcost, name)) if not member.startswith("_")}
            own = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
            own |= {item.target.id for item in node.body if isinstance(item, ast.AnnAssign)}
            assert members - set(dir(OSError)) - set(dir(imgcost.ImgcostError)) <= own, name


def test_the_wheel_has_the_commands_as_programs():
    import conftest
    for name in ("imgcost", "imgcost-proxy"):
        assert (conftest.BIN / name).read_bytes()[:4] == b"\x7fELF" or sys.platform != "linux"
    version = subprocess.run([conftest.BIN / "imgcost", "--version"], stdout=subprocess.PIPE, text=True, check=True)
    assert imgcost.__version__ in version.stdout
