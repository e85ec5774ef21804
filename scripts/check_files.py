"""The checks of scripts/check-files; each is a word: xlsx, pressed, html."""

import csv
import re
import sys
import xml.etree.ElementTree as ElementTree
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


def figure(row, name):
    """What a range counts by: its expected value, else its ceiling."""
    return row[f"{name}_expected"] or row[f"{name}_ceiling"]


STATUS = {"current": "", "retired": "retired"}

# The headings of the first table, and the same in the csv.
COLUMNS = {
    "model": lambda row: row["model"],
    "status": lambda row: STATUS.get(row["availability"], f"ends {row['shutdown']}"),
    "provider": lambda row: row["provider"],
    "quality": lambda row: row["quality"],
    "size": lambda row: row["size"],
    "n": lambda row: row["n"],
    "as of": lambda row: row["as_of"],
    "tier": lambda row: row["tier"],
    "per image": lambda row: figure(row, "per_image"),
    "JPY per image": lambda row: figure(row, "converted_per_image"),
    "per image, floor": lambda row: row["per_image_floor"],
    "per image, ceiling": lambda row: row["per_image_ceiling"],
    "per call": lambda row: figure(row, "per_call"),
    "per megapixel": lambda row: figure(row, "per_megapixel"),
    "tokens": lambda row: figure(row, "tokens"),
    "JPY per call": lambda row: figure(row, "converted"),
}
NUMBERS = [name for name in COLUMNS if name.startswith(("per ", "JPY ")) or name in ("n", "tokens")]


def is_number(text):
    return re.fullmatch(r"-?\d+(\.\d+)?(E[+-]?\d+)?", text) is not None


def check_xlsx(folder):
    expected = rows_of_csv(folder)
    heads, *rows = read(folder / "sheets" / "x-Comparison.csv")
    expect(len(rows) == len(expected), f"x.xlsx has {len(rows)} rows, the csv {len(expected)}")
    missing = set(COLUMNS) - set(heads)
    expect(not missing, f"x.xlsx lacks the columns {missing}")
    compared = 0
    for line, (row, want) in enumerate(zip(rows, expected, strict=True), start=2):
        cells = dict(zip(heads, row, strict=True))
        for head, of in COLUMNS.items():
            found, wanted = cells[head], of(want)
            place = f"x.xlsx, line {line}, {head}"
            if head not in NUMBERS:
                expect(found == wanted, f"{place}: {found!r} is not {wanted!r}")
            elif wanted == "":
                expect(not is_number(found), f"{place}: {found!r} where nothing is known")
            else:
                expect(is_number(found), f"{place}: {found!r} is not a number")
                expect(Decimal(found) == Decimal(wanted), f"{place}: {found} is not {wanted}")
                compared += 1
    print(f"x.xlsx in LibreOffice: {len(rows)} rows, {compared} numbers as in the csv")
    archive = zipfile.ZipFile(folder / "x.xlsx")
    expect("<f>" not in archive.read(SHEET).decode(), "alternatives are added up")
    expect("\u2264" in archive.read("xl/styles.xml").decode(), "no ceiling is marked")


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
    expect(len(told) == 2 * len(COLUMNS), f"{len(told)} orders of {len(COLUMNS)} columns")
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
    "pressed": press,
    "html": check_html,
}

if __name__ == "__main__":
    _, check, folder = sys.argv
    CHECKS[check](Path(folder))
