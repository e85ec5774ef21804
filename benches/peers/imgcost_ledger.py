"""The workload against imgcost's own command line and its ledger in a file.

The program is the one that `IMGCOST` names, else the release build of this workspace. Each step is
a process of its own:

  imgcost budget set    demo 1              --ledger FILE
  imgcost budget hold   demo --ceiling 0.01 --ledger FILE --format json    3: refused
  imgcost budget settle h_... --cost 0.01   --ledger FILE
  imgcost budget show   demo                --ledger FILE --format json
"""

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import workload

TARGET = os.environ.get("CARGO_TARGET_DIR") or Path(__file__).parents[2] / "target"
PROGRAM = str(Path(os.environ.get("IMGCOST") or Path(TARGET) / "dist/imgcost").absolute())
SCOPE = "demo"
CAP = str(Decimal(workload.CAP) / 100)
REFUSED = 3
# The fields of `show` that count against the cap. `presumed` may be left out.
HELD, SETTLED, PRESUMED = "held", "settled", "presumed"


def imgcost(folder, *words):
    # Open descriptors are passed on: the pipe by which a kill waits for the last process.
    return subprocess.run(
        [PROGRAM, "budget", *words, "--ledger", str(folder / "ledger.db")],
        capture_output=True,
        text=True,
        close_fds=False,
        stdin=subprocess.DEVNULL,
    )


def cost():
    return str(Decimal(workload.COST) / 100)


def set_budget(folder):
    return imgcost(folder, "set", SCOPE, CAP)


def hold(folder):
    return imgcost(folder, "hold", SCOPE, "--ceiling", cost(), "--format", "json")


def settle(folder, name):
    return imgcost(folder, "settle", name, "--cost", cost())


def show(folder):
    return imgcost(folder, "show", SCOPE, "--format", "json")


def sums(node):
    """The first object in the document that has the sums, wherever it is."""
    if isinstance(node, dict) and HELD in node and SETTLED in node:
        return node
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    return next((found for child in children if (found := sums(child))), None)


def cents(amount):
    """Dollars, as a number or as text, in cents; what is not whole is rounded up."""
    return -int(-Decimal(str(amount).lstrip("$")) * 100 // 1)


class Session:
    def __init__(self, folder):
        self.folder = folder

    def call(self, pay, note):
        held = hold(self.folder)
        if held.returncode == REFUSED:
            return workload.REFUSED
        if held.returncode != 0:
            return workload.FAILED
        name = json.loads(held.stdout)["hold"]
        pay()
        # A settlement that fails leaves the hold, which counts all the same.
        settled = settle(self.folder, name)
        return workload.DONE if settled.returncode == 0 else workload.FAILED

    def close(self):
        pass


class Imgcost:
    name = "imgcost"
    variants = ["commands"]
    kill_variants = ["commands"]
    promises = True

    def __init__(self):
        asked = subprocess.run([PROGRAM, "--version"], capture_output=True, text=True, check=True)
        self.version = asked.stdout.split()[-1]

    def create(self, folder):
        done = set_budget(folder)
        if done.returncode != 0:
            sys.exit(f"{PROGRAM} budget set: exit {done.returncode}\n{done.stderr}")

    def open(self, folder, variant):
        return Session(folder)

    def recorded(self, folder):
        shown = show(folder)
        if shown.returncode != 0:
            return None
        found = sums(json.loads(shown.stdout, parse_float=Decimal))
        if found is None:
            sys.exit(f"no {HELD} and {SETTLED} in what `budget show` printed:\n{shown.stdout}")
        return cents(found[HELD]) + cents(found[SETTLED]) + cents(found.get(PRESUMED, 0))


if __name__ == "__main__":
    sys.exit(workload.main(Imgcost(), workload.parsed()))
