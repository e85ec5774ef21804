"""The summaries of several peers, as `--json` prints them, in one table: race.py FILE..."""

import json
import sys

import workload

HEAD = ["peer", "use", "processes", "tried", "admitted", "spent", "over by", "on its books"]


def rows(summary):
    for row in summary["processes"]:
        yield [
            f"{summary['peer']} {summary['version']}", row["variant"], row["processes"], row["tried"],
            row["admitted"], workload.usd(row["spent_cents"]), workload.usd(row["over_cents"]),
            workload.usd(row["recorded_cents"]),
        ]  # fmt: skip


def main():
    summaries = []
    for path in sys.argv[1:]:
        with open(path, encoding="utf-8") as file:
            summaries.append(json.load(file))
    cap, cost = summaries[0]["cap_cents"], summaries[0]["cost_cents"]
    print(f"a budget of {workload.usd(cap)}, calls of {workload.usd(cost)}\n")
    print("\n".join(workload.table(HEAD, [row for summary in summaries for row in rows(summary)])))


if __name__ == "__main__":
    main()
