"""The table of tests/parity: the same numbers as the Rust library's, to the last digit."""

import json
import pathlib

import imgcost

CASES = pathlib.Path(__file__).parents[3] / "tests/parity/cases.jsonl"


def three(estimate):
    return estimate and [estimate["floor"], estimate["expected"], estimate["ceiling"]]


def quoted(case):
    quote = imgcost.quote(**case["quote"]).to_dict()
    return {
        "total": three(quote["total"]),
        "lines": [[line["item"], three(line["quantity"]), three(line["amount"])] for line in quote["lines"]],
        "notes": sorted(note["code"] for note in quote["notes"]),
    }


def charged(case):
    charge = imgcost.charge(case["response"], **case["charge"]).to_dict()
    answer = {name: charge[name] for name in ("provider", "model", "as_of", "settles")}
    lines = [[line["item"], line["quantity"], three(line["amount"])] for line in charge["lines"]]
    return {**answer, "total": three(charge["total"]), "lines": lines}


def compared(case):
    cells = [cell.to_dict() for cell in imgcost.compare(**case["compare"])]
    asked = ("model", "provider", "quality", "size", "n", "tier", "as_of")
    return {"cells": [[cell["request"].get(name) for name in asked] + [cell["state"], three(cell.get("per_image"))]
                      for cell in cells]}


ANSWERS = {"quote": quoted, "charge": charged, "compare": compared}


def answer(case):
    kind = next(kind for kind in ANSWERS if kind in case)
    try:
        return ANSWERS[kind](case)
    except imgcost.ImgcostError as error:
        return {"error": error.field}
    except TypeError:
        # What is no parameter is so for Python itself.
        return case["answer"] if "error" in case["answer"] else {"error": None}


def test_every_case_of_the_table_has_the_same_answer():
    cases = [json.loads(line) for line in CASES.read_text().splitlines()]
    assert len(cases) > 500
    differ = [(case["id"], found, case["answer"]) for case in cases if (found := answer(case)) != case["answer"]]
    assert differ == []
