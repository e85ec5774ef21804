"""Tables of jobs from any library of data frames: the same numbers as `imgcost batch`."""

import csv
import datetime
import io
import subprocess
from decimal import Decimal

import imgcost
import polars
import pyarrow
import pytest
from conftest import BIN

DAY = "2026-11-21"
ADDED = ["total_floor", "total_expected", "total_ceiling", "ceiling_basis", "notes", "error"]
ROWS = [
    {"id": "a", "model": "gpt-image-2", "quality": "high", "size": "1024x1024", "n": 2, "prompt": "a red fox"},
    {"id": "b", "model": "gpt-image-2", "quality": None, "size": "1024x1024", "n": None, "prompt": "a fox"},
    {"id": "c", "model": "gpt-image-2", "quality": "hihg", "size": "1024x1024", "n": 1, "prompt": "a fox"},
    {"id": "d", "model": None, "quality": "low", "size": "1024x1024", "n": 1, "prompt": None},
    {"id": "e", "model": "dall-e-3", "quality": "hd", "size": "1024x1792", "n": 1, "prompt": ""},
    {"id": "f", "model": "gpt-image-2.6-flare", "quality": "max", "size": "auto", "n": 3, "prompt": "x"},
]


def frame():
    return polars.DataFrame(ROWS)


def batch(tmp_path, rows, *options):
    """What the command makes of the same rows."""
    jobs = tmp_path / "jobs.csv"
    rows.write_csv(jobs)
    done = subprocess.run([BIN / "imgcost", "batch", jobs, "-f", "csv", "--as-of", DAY, *options],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    return list(csv.DictReader(io.StringIO(done.stdout)))


def rows_of(table):
    return pyarrow.table(table).to_pylist()


def test_rows_are_quoted_as_batch_does(tmp_path):
    theirs, ours = batch(tmp_path, frame()), rows_of(imgcost.quote_table(frame(), as_of=DAY))
    assert len(ours) == len(theirs) == len(ROWS)
    for asked, mine, row in zip(ROWS, ours, theirs):
        assert {name: mine[name] for name in asked} == asked
        for name in ("total_floor", "total_expected", "total_ceiling"):
            assert mine[name] == (Decimal(row[name]) if row[name] else None), (name, row)
        assert (mine["ceiling_basis"] or "") == row["ceiling_basis"] and (mine["notes"] or "") == row["notes"]
        # The command names its own flags.
        assert bool(mine["error"]) == bool(row["error"])
        if asked["model"]:
            assert (mine["error"] or "") == row["error"]


FRAMES = {
    "polars": lambda frame: frame,
    "pyarrow": lambda frame: frame.to_arrow(),
    "batch": lambda frame: frame.to_arrow().combine_chunks().to_batches()[0],
    "reader": lambda frame: pyarrow.RecordBatchReader.from_batches(
        frame.to_arrow().schema, iter(frame.to_arrow().to_batches(max_chunksize=2))),
    "itself": lambda frame: imgcost.quote_table(frame, as_of=DAY),
}


@pytest.mark.parametrize("library", FRAMES)
def test_every_library_gives_and_takes(library):
    table = FRAMES[library](frame())
    expected = rows_of(imgcost.quote_table(frame(), as_of=DAY))
    if library == "itself":
        with pytest.raises(imgcost.BadRequest, match="total_floor"):
            imgcost.quote_table(table, as_of=DAY)
        return
    quoted = imgcost.quote_table(table, as_of=DAY)
    assert len(quoted) == len(ROWS) and quoted.column_names == list(ROWS[0]) + ADDED
    assert rows_of(quoted) == expected
    back = polars.DataFrame(quoted)
    assert back.shape == (len(ROWS), len(ROWS[0]) + 6) and quoted.to_polars().equals(back)
    assert back["total_ceiling"].sum() == sum(row["total_ceiling"] or 0 for row in expected)


@pytest.mark.long
def test_pandas_and_duckdb_give_and_take():
    duckdb = pytest.importorskip("duckdb")
    pandas = pytest.importorskip("pandas")
    data = pandas.DataFrame(ROWS)
    quoted = imgcost.quote_table(data, as_of=DAY)
    back = quoted.to_pandas()
    assert isinstance(back, pandas.DataFrame) and list(back.columns) == list(ROWS[0]) + ADDED
    # A missing whole number makes a column of floats there.
    assert list(data["n"])[0] == 2.0
    expected = rows_of(imgcost.quote_table(frame(), as_of=DAY))
    assert [row["total_ceiling"] for row in rows_of(quoted)] == [row["total_ceiling"] for row in expected]
    relation = duckdb.sql("select model, quality, size, n, prompt from data")
    quoted = imgcost.quote_table(relation, as_of=DAY)
    total = duckdb.sql("select sum(total_ceiling) from quoted").fetchall()[0][0]
    assert total == sum(row["total_ceiling"] or 0 for row in expected)


def test_cells_of_every_type():
    table = pyarrow.table({
        "model": pyarrow.array(["gpt-image-2"] * 3).dictionary_encode(),
        "quality": pyarrow.array(["low"] * 3, pyarrow.string_view()),
        "size": pyarrow.array(["1024x1024"] * 3, pyarrow.large_string()),
        "n": pyarrow.array([1.0, 2.0, None], pyarrow.float64()),
        "prompt_tokens": pyarrow.array([5, 6, 7], pyarrow.uint16()),
        "as_of": pyarrow.array([datetime.date(2026, 11, 21)] * 3),
        "images": pyarrow.array([["640x480", "300x300"], [], None]),
        "mask": pyarrow.array([True, False, None]),
        "tag:order": pyarrow.array([1, 2, 3]),
    })
    rows = rows_of(imgcost.quote_table(table))
    expected = [
        imgcost.quote("gpt-image-2", quality="low", size="1024x1024", prompt_tokens=5, as_of=DAY,
                      images=["640x480", "300x300"], mask=True),
        imgcost.quote("gpt-image-2", quality="low", size="1024x1024", n=2, prompt_tokens=6, as_of=DAY),
        imgcost.quote("gpt-image-2", quality="low", size="1024x1024", prompt_tokens=7, as_of=DAY),
    ]
    assert [row["error"] for row in rows] == [None] * 3
    assert [row["total_ceiling"] for row in rows] == [quote.ceiling for quote in expected]
    moments = pyarrow.table({"model": ["gpt-image-2"], "as_of": [datetime.datetime(2020, 1, 1, 12)]})
    assert "2020-01-01" in rows_of(imgcost.quote_table(moments))[0]["error"]


def test_parameters_are_for_rows_that_leave_them_out():
    table = polars.DataFrame({"quality": ["low", None], "prompt_tokens": [5, 5]})
    rows = rows_of(imgcost.quote_table(table, model="gpt-image-2", quality="high", size="1024x1024", as_of=DAY))
    expected = [imgcost.quote("gpt-image-2", quality=quality, size="1024x1024", prompt_tokens=5, as_of=DAY).ceiling
                for quality in ("low", "high")]
    assert [row["total_ceiling"] for row in rows] == expected


COUNTED = {"total_floor", "total_expected", "total_ceiling", "bill_floor", "bill_expected", "bill_ceiling"}


@pytest.mark.parametrize("counts, options", [
    ({"calls": [1000, None, 0]}, {}),
    ({"calls": [7, None, 3]}, {"calls": 50}),
    ({"share": ["12.5%", "87.5", "0"]}, {"calls": 1001}),
    ({}, {"calls": 3}),
])
def test_a_row_says_how_often_its_call_is_made(tmp_path, counts, options):
    table = frame().head(3).with_columns(quality=polars.lit("low"), **{
        name: polars.Series(values) for name, values in counts.items()})
    words = [word for name, value in options.items() for word in (f"--{name}", str(value))]
    theirs, ours = batch(tmp_path, table, *words), rows_of(imgcost.quote_table(table, as_of=DAY, **options))
    assert len(ours) == len(theirs) == 3
    for mine, row in zip(ours, theirs):
        for name in COUNTED:
            assert mine[name] == (Decimal(row[name]) if row[name] else None), (name, row)


def test_shares_that_are_no_whole_are_refused():
    table = frame().head(2).with_columns(share=polars.Series([10, 20]))
    with pytest.raises(imgcost.BadRequest, match="30"):
        imgcost.quote_table(table, calls=100)
    with pytest.raises(imgcost.BadRequest, match="calls"):
        imgcost.quote_table(table)


def test_columns_that_are_not_known_are_refused_or_passed_on():
    table = polars.DataFrame({"model": ["gpt-image-2"], "qualty": ["low"]})
    with pytest.raises(imgcost.BadRequest) as caught:
        imgcost.quote_table(table)
    assert caught.value.nearest == "quality"
    quoted = imgcost.quote_table(table, ignore=["qualty"])
    assert quoted.column_names[:2] == ["model", "qualty"]
    with pytest.raises(TypeError, match="nearest: quality"):
        imgcost.quote_table(table, qualty="low")
    with pytest.raises((TypeError, ValueError)):
        imgcost.quote_table([1, 2])


def test_files_are_not_read_for_rows():
    table = polars.DataFrame({"model": ["gpt-image-2"], "images": ["/etc/passwd"]})
    assert "name no files" in rows_of(imgcost.quote_table(table))[0]["error"]


def test_an_empty_table_and_a_large_one():
    assert len(imgcost.quote_table(frame().clear(), as_of=DAY)) == 0
    large = polars.concat([frame()] * 2000)
    quoted = imgcost.quote_table(large, as_of=DAY)
    assert len(quoted) == 12000 and rows_of(quoted)[-1]["total_ceiling"] == rows_of(quoted)[5]["total_ceiling"]
