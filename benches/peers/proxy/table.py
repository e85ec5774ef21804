"""Rounds in which proxies took turns, as a table of medians, and in brackets the best round. What a proxy
adds is seen against the direct calls right after its own, at the same rate."""
import json
import statistics
import sys

LITELLM = "LiteLLM's proxy"

runs = {}
for line in open(sys.argv[1]):
    name, kind, result = line.rstrip("\n").split("\t")
    runs.setdefault(name, {}).setdefault(kind, []).append(json.loads(result))


def values(name, kind, key):
    return [run[key] for run in runs[name][kind]]


def added(name, kind, key):
    beside = values("direct", f"beside {kind} {name}", key)
    return [own - direct for own, direct in zip(values(name, kind, key), beside)]


def shown(numbers, best):
    return f"{statistics.median(numbers):,.0f} ({best(numbers):,.0f})"


KINDS = {"steady": "2 callers without a pause", "paced": "now and then"}
heads = ["", "calls/s"] + [f"{head}: adds at {at}, us" for head in KINDS.values() for at in ("p50", "p99")]
heads.append("of LiteLLM's calls/s")
print(f"| {' | '.join(heads)} |".replace("|  |", "| |"))
print("|---" + "|--:" * (len(heads) - 1) + "|")
for name in runs:
    cells = [shown(values(name, "full", "per_second"), max)]
    for kind in KINDS:
        for key in ("p50_us", "p99_us"):
            # Direct calls have nothing added: how long they take themselves.
            times = values(name, kind, key) if name == "direct" else added(name, kind, key)
            cells.append(shown(times, min) + (" alone" if name == "direct" else ""))
    if LITELLM in runs:
        rounds = zip(values(name, "full", "per_second"), values(LITELLM, "full", "per_second"))
        cells.append(f"{statistics.median(own / other for own, other in rounds):.1f}x")
    else:
        cells.append("")
    print(f"| {name} | {' | '.join(cells)} |")
failed = sum(run["failed"] for kinds in runs.values() for all in kinds.values() for run in all)
if failed:
    print(f"{failed} calls failed")
    sys.exit(1)
