"""The checks of scripts/check-files; each is a word: xlsx, edited, recalculated, pressed, html."""

import csv
import re
import sys
import zipfile
from decimal import Decimal
from pathlib import Path

SHEET = "xl/worksheets/sheet1.xml"


def fail(message):
    sys.exit(f"check-files: {message}")


def expect(condition, message):
    if not condition:
        fail(message)


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


def rows_of_csv(folder):
    heads, *rows = read(folder / "x.csv")
    expect(rows, "the csv has no rows")
    return [dict(zip(heads, row, strict=True)) for row in rows]


# Columns of the csv that hold numbers.
PARTS = ("_floor", "_expected", "_ceiling")
NUMBERS = ("n", "rate", "delta_usd", "delta_per_mille")
# What a page shows of a comparison that varies in all of its axes but the day.
SHOWN = ["provider", "model", "quality", "size", "n", "status", "per image", "floor to ceiling",
    "JPY per image", "per call", "JPY per call", "per MP", "tokens"]


def is_number(text):
    return re.fullmatch(r"-?\d+(\.\d+)?(E[+-]?\d+)?", text) is not None


def check_xlsx(folder):
    expected = rows_of_csv(folder)
    heads, *rows = read(folder / "sheets" / "x-Comparison.csv")
    expect(len(rows) == len(expected), f"x.xlsx has {len(rows)} rows, the csv {len(expected)}")
    heads = [head for head in heads if head]
    names = list(expected[0])
    expect(heads == names, f"x.xlsx has the columns {heads}, the csv {names}")
    compared = 0
    for line, (row, want) in enumerate(zip(rows, expected, strict=True), start=2):
        for head, found in zip(heads, row):
            wanted, place = want[head], f"x.xlsx, line {line}, {head}"
            if not (head.endswith(PARTS) or head in NUMBERS):
                expect(found.lower() == wanted.lower(), f"{place}: {found!r} is not {wanted!r}")
            elif wanted == "":
                expect(not is_number(found), f"{place}: {found!r} where nothing is known")
            else:
                expect(is_number(found), f"{place}: {found!r} is not a number")
                expect(Decimal(found) == Decimal(wanted), f"{place}: {found} is not {wanted}")
                compared += 1
    print(f"x.xlsx in LibreOffice: {len(rows)} rows, {compared} numbers as in the csv")
    archive = zipfile.ZipFile(folder / "x.xlsx")
    expect("<f>" not in archive.read(SHEET).decode(), "alternatives are added up")


def edit(folder):
    """The priced workbook with other calls in its first row, and without what its formulas came to."""
    with zipfile.ZipFile(folder / "priced.xlsx") as old, zipfile.ZipFile(folder / "edited.xlsx", "w") as new:
        for name in old.namelist():
            text = old.read(name)
            if name == SHEET:
                sheet, count = re.subn(r"(<c r=\"H2\"[^>]*>)<v>1000</v>", r"\1<v>2500</v>", text.decode())
                expect(count == 1, "priced.xlsx has no calls in H2")
                sheet, count = re.subn(r"(<f>[^<]*</f>)<v>[^<]*</v>", r"\1", sheet)
                expect(count == 9, f"priced.xlsx has {count} formulas")
                text = sheet.encode()
            new.writestr(name, text)


def check_recalculated(folder):
    import json

    heads, *rows = read(folder / "sheets" / "edited-Rows.csv")
    total = dict(zip(heads, rows.pop()))
    own = ["SKU", "Model", "Quality", "Size", "n", "Prompt Tokens", "Calls", "campaign"]
    expect(heads[1:9] == own, f"priced.xlsx has the columns {heads}")
    wanted = json.loads((folder / "changed.json").read_text())
    expect(len(rows) == len(wanted["rows"]), "priced.xlsx lost rows")
    expect((rows[0][1], rows[0][8]) == ("007", "=A1"), f"cells were changed: {rows[0]}")
    for row, want in zip(rows, wanted["rows"]):
        row = dict(zip(heads, row))
        bill = want.get("bill") or want["quote"]["total"]
        for head, part in (("bill_expected", "expected"), ("bill_at_most", "ceiling")):
            expect(round(Decimal(row[head]), 9) == Decimal(bill[part]), f"{head}: {row[head]} is not {bill[part]}")
    summary = wanted["summary"]
    for head, want in (("bill_expected", summary["total"]["expected"]), ("bill_at_most", summary["total"]["ceiling"]),
            ("Calls", summary["calls"])):
        expect(round(Decimal(total[head]), 9) == Decimal(want), f"total {head}: {total[head]} is not {want}")
    print(f"priced.xlsx in LibreOffice: {len(rows)} rows and their totals follow changed calls, as batch has them")


# Presses every heading twice and writes down the order after each.
PRESS = """
const told = [];
const table = document.querySelector("table");
[...table.tHead.rows[0].cells].forEach((head, at) => {
  for (const _ of [1, 2]) {
    head.querySelector("button").click();
    const cells = [...table.tBodies[0].rows].map((row) => row.cells[at]);
    const value = (cell) => cell.classList.contains("none") ? null : cell.dataset.v ?? cell.textContent;
    told.push({ head: head.textContent, number: head.classList.contains("num"),
      sort: head.getAttribute("aria-sort"), values: cells.map(value) });
  }
});
document.body.dataset.told = encodeURIComponent(JSON.stringify(told));
"""


def press(folder):
    """A copy of the page that presses its own headings; its policy would not let it."""
    page = (folder / "x.html").read_text(encoding="utf-8")
    page, count = re.subn(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", page)
    expect(count == 1, "the page has no policy")
    page = page.replace("</body>", f"<script>{PRESS}</script></body>")
    (folder / "pressed.html").write_text(page, encoding="utf-8")


def check_html(folder):
    import json
    from urllib.parse import unquote

    opened = (folder / "opened.html").read_text(encoding="utf-8")
    expect('<table class="sorts">' in opened, "the page's script did not run under its policy")
    log = (folder / "browser.log").read_text(encoding="utf-8", errors="replace")
    expect("Content Security Policy" not in log, "the browser complains about the policy")
    found = re.search(r'data-told="([^"]*)"', (folder / "pressed-opened.html").read_text(encoding="utf-8"))
    expect(found, "the headings could not be pressed")
    told = json.loads(unquote(found[1]))
    rows = len(rows_of_csv(folder))
    heads = [order["head"] for order in told[::2]]
    expect(heads == SHOWN, f"the page has the columns {heads}")
    for number, order in enumerate(told):
        place = f"x.html, {order['head']}, {order['sort']}"
        expect(order["sort"] == ("ascending", "descending")[number % 2], place)
        known = [value for value in order["values"] if value is not None]
        expect(len(order["values"]) == rows, f"{place}: rows were lost")
        expect(order["values"][: len(known)] == known, f"{place}: what is not known is not below")
        if order["number"]:
            known = [Decimal(value) for value in known]
            expect(known == sorted(known, reverse=number % 2 == 1), f"{place}: not in order")
    print(f"x.html in Chromium: the script runs under its policy, {len(told)} orders of {rows} rows")


CHECKS = {
    "xlsx": check_xlsx,
    "edited": edit,
    "recalculated": check_recalculated,
    "pressed": press,
    "html": check_html,
}

if __name__ == "__main__":
    _, check, folder = sys.argv
    CHECKS[check](Path(folder))
