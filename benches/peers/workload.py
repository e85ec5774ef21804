"""The workload that every peer runs: a budget of $1.00 and calls of $0.01 each, or of `--cost` cents.

A peer says how it is asked (`Peer`, `Session`); this file starts the processes, kills them, counts
what was admitted by a journal of its own, and prints the summary. Money is whole cents.
"""

import argparse
import json
import multiprocessing
import os
import platform
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Callable, Protocol

CAP = 100
COST = 1  # or --cost
CALL_SECONDS = 0.002  # a call sleeps up to this long, or --call-ms
KILL_SECONDS = 0.030  # a writer is killed at most this long into its loop

# What a worker appends to its journal, a byte each. The bytes are written by one system call and
# outlive a kill of the process, so they are the truth that a peer's own books are held against.
MADE = b"m"  # admitted: the call is made, its price is owed
DONE = b"d"  # the peer said that the call is booked
REFUSED = b"r"  # over the budget: no call
FAILED = b"f"  # the peer answered neither yes nor no, or did not book
REREAD = b"w"  # the peer's data could not be read at once, and was read again


class Session(Protocol):
    """A peer opened by one process."""

    def call(self, pay: Callable[[], None], note: Callable[[bytes], None]) -> bytes:
        """Asks, calls `pay` if admitted, books it. Gives DONE, REFUSED or FAILED."""

    def close(self) -> None:
        """Waits for what is still being written."""


class Peer(Protocol):
    """Something that keeps a budget."""

    name: str
    version: str
    variants: list[str]  # ways to use it, for the processes
    kill_variants: list[str]  # the same, for the kills
    promises: bool  # whether a cap that is passed or a booking that is lost fails the run

    def create(self, folder: Path) -> None:
        """Sets the budget in an empty folder."""

    def open(self, folder: Path, variant: str) -> Session:
        """Opens it in the process that calls this, which is used for nothing else."""

    def recorded(self, folder: Path) -> int | None:
        """The cents on its books; none where they cannot be read."""


FORK = multiprocessing.get_context("fork")


def work(peer, folder, variant, number, seed, calls, start):
    """One process: `calls` calls, or calls without end where `calls` is none."""
    dice = random.Random(f"{seed}/{number}")
    journal = os.open(folder / f"journal-{number}", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)

    def note(what):
        os.write(journal, what)

    def pay():
        note(MADE)
        time.sleep(dice.uniform(0, CALL_SECONDS))

    session = peer.open(folder, variant)
    start()
    done = 0
    while calls is None or done < calls:
        note(session.call(pay, note))
        done += 1
    session.close()


def journaled(folder):
    """How often each thing was noted, by all workers together."""
    notes = Counter()
    for journal in folder.glob("journal-*"):
        notes.update(bytes([byte]) for byte in journal.read_bytes())
    return notes


def many(peer, variant, processes, calls, seed):
    """Processes that start at once on one budget."""
    with tempfile.TemporaryDirectory(prefix="peers-") as name:
        folder = Path(name)
        peer.create(folder)
        barrier = FORK.Barrier(processes)
        workers = [
            FORK.Process(
                target=work,
                args=(peer, folder, variant, number, f"{seed}/{processes}", calls, barrier.wait),
                daemon=True,
            )
            for number in range(processes)
        ]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            if worker.exitcode != 0:
                raise RuntimeError(f"a worker of {peer.name} ended with {worker.exitcode}")
        notes = journaled(folder)
        return {
            "variant": variant,
            "processes": processes,
            "tried": processes * calls,
            "admitted": notes[MADE],
            "refused": notes[REFUSED],
            "failed": notes[FAILED],
            "reread": notes[REREAD],
            "spent_cents": notes[MADE] * COST,
            "over_cents": max(0, notes[MADE] * COST - CAP),
            "recorded_cents": peer.recorded(folder),
        }


def kill_once(peer, variant, seed):
    """A writer, killed with all that it started. Gives its notes and what is on the books after."""
    with tempfile.TemporaryDirectory(prefix="peers-") as name:
        folder = Path(name)
        peer.create(folder)
        alive, held = os.pipe()

        def start():
            os.write(held, b"!")

        def writer():
            # A group of its own, so that the commands it runs die with it. They keep the pipe
            # open, so that its end says that the last of them is gone.
            os.setsid()
            os.set_inheritable(held, True)
            work(peer, folder, variant, 0, seed, None, start)

        process = FORK.Process(target=writer, daemon=True)
        process.start()
        os.close(held)
        if os.read(alive, 1) != b"!":
            raise RuntimeError(f"the writer of {peer.name} ended before it began")
        time.sleep(random.Random(f"{seed}/kill").uniform(0, KILL_SECONDS))
        os.killpg(process.pid, signal.SIGKILL)
        while os.read(alive, 1):
            pass
        os.close(alive)
        process.join()
        if process.exitcode != -signal.SIGKILL:
            raise RuntimeError(f"the writer of {peer.name} ended with {process.exitcode}")
        return journaled(folder), peer.recorded(folder)


def kills(peer, variant, rounds, seed):
    """Rounds of `kill_once`, counted by what they left behind."""
    sums = Counter()
    for number in range(rounds):
        notes, recorded = kill_once(peer, variant, f"{seed}/kill/{number}")
        made, done = notes[MADE], notes[DONE]
        sums["made"] += made
        sums["booked"] += done
        sums["unreadable"] += recorded is None
        sums["booked_lost"] += (recorded or 0) < done * COST
        sums["made_lost"] += (recorded or 0) < made * COST
        sums["calls_lost"] += max(0, made - (recorded or 0) // COST)
        sums["over"] += max(made * COST, recorded or 0) > CAP
    fields = ("made", "booked", "unreadable", "booked_lost", "made_lost", "calls_lost", "over")
    return {"variant": variant, "rounds": rounds} | {field: sums[field] for field in fields}


def broken(summary):
    """What a peer that promises to keep the cap has not kept."""
    for row in summary["processes"]:
        what = f"{row['processes']} processes"
        recorded = row["recorded_cents"]
        if row["over_cents"]:
            yield f"{what}: {usd(row['spent_cents'])} spent"
        if recorded is None or recorded > CAP:
            yield f"{what}: {usd(recorded)} on the books"
        elif recorded != row["spent_cents"]:
            yield f"{what}: {usd(recorded)} on the books for {usd(row['spent_cents'])} spent"
        if row["failed"]:
            yield f"{what}: {row['failed']} calls without an answer"
    for row in summary["kills"]:
        if not row["made"]:
            yield "kills: no call was made before any of them, so they show nothing"
        for field in ("unreadable", "booked_lost", "made_lost", "over"):
            if row[field]:
                yield f"kills: {field} in {row[field]} rounds"


def usd(cents):
    """Cents as dollars; books that cannot be read have no sum."""
    return "unreadable" if cents is None else f"${cents // 100}.{cents % 100:02}"


def table(head, rows):
    """Text columns, the first to the left and the others to the right."""
    rows = [head] + [[str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in rows:
        first, *others = [cell.rjust(width) for cell, width in zip(row, widths)]
        yield "  ".join([first.strip().ljust(widths[0]), *others])


def text(summary):
    """The summary for people."""
    yield f"{summary['peer']} {summary['version']}, Python {summary['python']}, seed {summary['seed']}"
    yield f"a budget of {usd(CAP)}, calls of {usd(COST)}"
    yield ""
    yield from table(
        [
            "processes", "use", "tried", "admitted", "spent", "over by", "on its books",
            "failed", "reread",
        ],
        [
            [
                row["processes"], row["variant"], row["tried"], row["admitted"],
                usd(row["spent_cents"]), usd(row["over_cents"]), usd(row["recorded_cents"]),
                row["failed"], row["reread"],
            ]
            for row in summary["processes"]
        ],
    )  # fmt: skip
    if summary["kills"]:
        yield ""
        yield from table(
            [
                "kill -9", "use", "calls made", "unreadable", "booked, lost", "made, lost",
                "calls lost", "over cap",
            ],
            [
                [
                    f"{row['rounds']} rounds", row["variant"], row["made"], row["unreadable"],
                    row["booked_lost"], row["made_lost"], row["calls_lost"], row["over"],
                ]
                for row in summary["kills"]
            ],
        )  # fmt: skip
    if "broken" in summary:
        yield ""
        yield from summary["broken"] or ["the cap was kept and nothing admitted is missing"]


def arguments():
    """The options that every peer has."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--seed", type=int, default=1, help="for the sleeps and the kills")
    parser.add_argument("--calls", type=int, default=200, help="calls of each process")
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 4, 16])
    parser.add_argument("--rounds", type=int, default=200, help="rounds of kill -9")
    parser.add_argument("--cost", type=int, default=COST, help="cents of a call")
    parser.add_argument("--call-ms", type=float, default=CALL_SECONDS * 1000, help="the longest call")
    return parser


def parsed():
    """The options as they were given. What a call is, all of this file and the peers go by."""
    global COST, CALL_SECONDS
    options = arguments().parse_args()
    COST, CALL_SECONDS = options.cost, options.call_ms / 1000
    return options


def main(peer, options):
    """Runs all of it and prints the summary; gives the exit code."""
    summary = {
        "peer": peer.name,
        "version": peer.version,
        "python": platform.python_version(),
        "seed": options.seed,
        "cap_cents": CAP,
        "cost_cents": COST,
        "processes": [
            many(peer, variant, processes, options.calls, options.seed)
            for variant in peer.variants
            for processes in options.processes
        ],
        "kills": [
            kills(peer, variant, options.rounds, options.seed)
            for variant in peer.kill_variants
            if options.rounds
        ],
    }
    if peer.promises:
        summary["broken"] = list(broken(summary))
    if options.json:
        json.dump(summary, sys.stdout, indent=2)
        print()
    else:
        print("\n".join(text(summary)))
    return 1 if summary.get("broken") else 0
