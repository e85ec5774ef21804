"""The fake API, ledgers in files, and the commands that the wheel has installed."""

import json
import os
import pathlib
import subprocess
import sys
import threading
from decimal import Decimal

import pytest

BIN = pathlib.Path(sys.executable).parent
# Nothing of the user's own.
for name in ("IMGCOST_LEDGER", "OPENAI_BASE_URL", "OPENAI_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY"):
    os.environ.pop(name, None)
os.environ["IMGCOST_CONFIG"] = ""
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"


def pytest_addoption(parser):
    parser.addoption("--long", action="store_true", help="run what takes longer, too")


def pytest_configure(config):
    config.addinivalue_line("markers", "long: takes longer; run with --long")


def pytest_collection_modifyitems(config, items):
    if not config.getoption("--long"):
        for item in items:
            if item.get_closest_marker("long"):
                item.add_marker(pytest.mark.skip(reason="runs with --long"))


def command(*arguments, check=True):
    """What the installed command writes as JSON."""
    done = subprocess.run([BIN / "imgcost", *arguments, "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True)
    if check and done.returncode != 0:
        raise AssertionError(done.stdout + done.stderr)
    return json.loads(done.stdout)


class Program:
    """A program that says where it listens."""

    def __init__(self, *arguments, stderr=False):
        pipe = {"stderr" if stderr else "stdout": subprocess.PIPE}
        self.process = subprocess.Popen(arguments, text=True, **pipe)
        stream = self.process.stderr if stderr else self.process.stdout
        for line in stream:
            if "http://" in line:
                self.url = line[line.index("http://"):].split()[0].strip()
                # Nobody reads the rest; it must not fill the pipe.
                threading.Thread(target=stream.read, daemon=True).start()
                return
        raise RuntimeError(f"{arguments[0]} did not start")

    def stop(self):
        self.process.kill()
        self.process.wait()


@pytest.fixture(scope="session")
def fake():
    """The fake API's base URL."""
    program = Program(pathlib.Path(os.environ["IMGCOST_PROGRAMS"]) / "imgcost-fake")
    yield program.url
    program.stop()


@pytest.fixture(scope="session")
def fake_gemini():
    """What answers as Gemini does: a dry run of the proxy, over a ledger of its own."""
    program = Program(BIN / "imgcost-proxy", "proxy", "--listen", "127.0.0.1:0", "--dry-run", "--ledger", "memory",
                      "--cap", "1000000", "-p", "gemini", "--upstream", "https://generativelanguage.googleapis.com",
                      stderr=True)
    yield program.url
    program.stop()


class Ledger:
    """A ledger in a file, with one budget, as the command reads it."""

    def __init__(self, path, usd):
        self.path = str(path)
        command("budget", "set", "team", usd, "--ledger", self.path)

    def books(self):
        """What counts in USD, how many calls are open, and what became of the others."""
        budget = command("budget", "show", "team", "--ledger", self.path)["budgets"][0]
        entries = command("budget", "log", "--last", "10000", "--ledger", self.path)["entries"]
        ends = [entry["event"] for entry in entries if entry["event"] in ("settled", "released", "presumed")]
        return Decimal(budget["used"]), budget["open"], sorted(ends)


@pytest.fixture
def ledger(tmp_path):
    return Ledger(tmp_path / "budget.db", "1.00")
