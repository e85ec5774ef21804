"""Medians of three runs each, as a table."""
import json
import statistics
import sys

runs = {}
for line in open(sys.argv[1]):
    name, kind, result = line.rstrip("\n").split("\t")
    runs.setdefault(name, {}).setdefault(kind, []).append(json.loads(result))


def median(name, kind, key):
    return statistics.median(run[key] for run in runs[name][kind])


failed = sum(run["failed"] for kinds in runs.values() for all in kinds.values() for run in all)
print("| | calls/s | p50 | p99 | adds at p50 | adds at p99 |")
print("|---|--:|--:|--:|--:|--:|")
base = {key: median("direct", "paced", key) for key in ("p50_us", "p99_us")}
for name in runs:
    p50, p99 = median(name, "paced", "p50_us"), median(name, "paced", "p99_us")
    added = "| | |" if name == "direct" else f"| {p50 - base['p50_us']:,.0f} us | {p99 - base['p99_us']:,.0f} us |"
    print(f"| {name} | {median(name, 'full', 'per_second'):,.0f} | {p50:,.0f} us | {p99:,.0f} us {added}")
if failed:
    print(f"{failed} calls failed")
    sys.exit(1)
