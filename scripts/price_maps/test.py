"""Tests of what needs no network: python3 -m unittest discover -s scripts/price_maps -p test.py -t scripts"""

import io
import json
import tarfile
import tempfile
import unittest
import zipfile
from decimal import Decimal
from pathlib import Path

from price_maps import compare, fetch, litellm, maps, report
from price_maps.book import Book
from price_maps.figure import Figure, Life

DAY = "2026-11-30"


def price(model, item, value, per="1M tokens", source="page", begins="2026-01-01", ends=None):
    return {"provider": "openai", "model": model, "item": item, "value": value, "per": per, "source": source,
            "from": begins, "to": ends, "from_assumed": False, "row": f"openai.toml:{model}"}


def book(prices, ask=lambda *words: None):
    models = [{"provider": "openai", "model": "pencil-1", "aliases": ["pencil-1-2026"], "retired": "2026-12-01",
               "replacement": None},
              {"provider": "openai", "model": "brush-1", "aliases": [], "retired": None, "replacement": "pencil-1"}]
    sources = [{"id": "page"}, {"id": "map", "maps": ["litellm"]}]
    return Book(prices, models, sources, DAY, ask)


def figure(model, item, usd, provider="openai"):
    return Figure(provider, model, (item,), Decimal(usd))


def verdict(found, prices, ask=lambda *words: None):
    return compare.judge(found, book(prices, ask))[0]


class Comparing(unittest.TestCase):
    def test_a_figure_is_compared_with_the_row_of_the_day(self):
        prices = [price("pencil-1", "image output", "40", ends="2026-06-01"),
                  price("pencil-1", "image output", "30", begins="2026-06-01"),
                  price("pencil-1", "image output", "20", begins="2027-01-01")]
        self.assertEqual(verdict(figure("pencil-1", "image output", "30"), prices), compare.AGREE)
        self.assertEqual(verdict(figure("pencil-1-2026", "image output", "40"), prices), compare.DIFFERS)

    def test_fewer_digits_are_no_difference_but_another_figure_is(self):
        for theirs, ours, wanted in [("0.0011", "0.00112", compare.ROUNDED), ("0.134", "0.1344", compare.ROUNDED),
                                     ("0.04", "0.0389", compare.DIFFERS), ("0.067", "0.06", compare.DIFFERS)]:
            self.assertEqual(verdict(figure("pencil-1", "1K", theirs), [price("pencil-1", "1K", ours, "image")]), wanted)

    def test_what_no_row_has_is_quoted(self):
        def ask(*words):
            amount = {"floor": "0.05", "expected": None, "ceiling": "0.07"}
            return {"lines": [{"item": "image_output", "amount": amount}]} if "1K" in words else {}

        prices = [price("pencil-1", "image output", "30")]
        self.assertEqual(verdict(figure("pencil-1", "1K", "0.06"), prices, ask), compare.IN_RANGE)
        self.assertEqual(verdict(figure("pencil-1", "1K", "0.08"), prices, ask), compare.DIFFERS)
        self.assertEqual(verdict(figure("pencil-1", "2K", "0.06"), prices, ask), compare.NO_ITEM)

    def test_what_either_lacks_is_no_difference(self):
        prices = [price("pencil-1", "text input", "5")]
        self.assertEqual(verdict(figure("pencil-1", "image input", "5"), prices), compare.NO_ITEM)
        self.assertEqual(verdict(figure("brush-1", "text input", "5"), prices), compare.NO_PRICE)
        self.assertEqual(verdict(figure("crayon", "text input", "5"), prices), compare.NO_MODEL)
        self.assertEqual(verdict(figure("pencil-1", "text input", "5", "elsewhere"), prices), compare.NO_PROVIDER)

    def test_days_of_shutdowns_are_compared_and_replacements_where_both_name_one(self):
        def life(model, what, value):
            return compare.judge_life(Life("openai", model, what, value), book([]))[0]

        self.assertEqual(life("pencil-1", "shutdown", "2026-12-01"), compare.DAY_AGREES)
        self.assertEqual(life("brush-1", "shutdown", "2026-12-01"), compare.DAY_DIFFERS)
        self.assertEqual(life("brush-1", "replacement", "crayon"), compare.DAY_DIFFERS)
        self.assertEqual(life("pencil-1", "replacement", "crayon"), compare.NO_ITEM)

    def test_a_map_that_the_book_has_a_price_from_agrees_with_itself(self):
        prices = [price("pencil-1", "text input", "5", source="map"), price("pencil-1", "image output", "30")]
        figures = [figure("pencil-1", "text input", "5"), figure("pencil-1", "image output", "30")]
        found = [*compare.findings("litellm", "litellm", figures, book(prices)),
                 *compare.findings("copy", "litellm", [figure("pencil-1", "image output", "31")], book(prices)),
                 *compare.findings("other", "other", [figure("pencil-1", "image output", "32")], book(prices))]
        self.assertEqual([one.inherited for one in found], [True, False, False, False])
        lines = report.agreement_tsv({"read": DAY}, compare.agreement(found)).splitlines()
        self.assertEqual(lines[1:], ["openai\tpencil-1\timage output\t30\tlitellm\t\tother=32",
                                     "openai\tpencil-1\ttext input\t5\t\tlitellm\t"])

    def test_an_explanation_is_of_one_figure(self):
        found = list(compare.findings("litellm", "litellm", [figure("pencil-1", "1K", "0.05")],
                                      book([price("pencil-1", "1K", "0.07", "image")])))
        entry = {"map": "litellm", "provider": "openai", "model": ["pencil-1", "brush-1"], "item": "1K", "theirs": "0.05",
                 "why": "old"}
        explained, stale = compare.explain(found, [entry])
        self.assertEqual(([why for _, why in explained], stale), (["old"], []))
        explained, stale = compare.explain(found, [{**entry, "theirs": "0.06"}])
        self.assertEqual(([why for _, why in explained], len(stale)), ([None], 1))
        lock = {"read": DAY, "map": [{"name": "litellm", "version": "1", "license": "MIT"}]}
        text = report.markdown(lock, found, explained, stale, book([price("pencil-1", "1K", "0.07", "image")]))
        self.assertIn("| openai: pencil-1 | 1K | 0.05 | 0.07 | litellm | **not explained** |", text)


class Reading(unittest.TestCase):
    def test_litellm_has_qualities_and_sizes_in_its_keys_and_costs_by_the_token(self):
        entries = {
            "low/1024-x-1536/pencil-1": {"litellm_provider": "openai", "mode": "image_generation", "input_cost_per_image": 0.016},
            "azure_ai/brush": {"litellm_provider": "azure_ai", "mode": "image_generation", "output_cost_per_image_token": 3e-05,
                               "input_cost_per_token_batches": 2.5e-06, "deprecation_date": "2027-01-05"},
            "talk-1": {"litellm_provider": "openai", "mode": "chat", "input_cost_per_token": 1e-06},
        }
        read = litellm.read(json.dumps(entries))
        self.assertEqual([(one.provider, one.model) for one in read], [("openai", "pencil-1")] + [("azure-foundry", "brush")] * 3)
        self.assertEqual(read[0].items[0], "low 1024x1536")
        self.assertEqual(read[1].value, "2027-01-05")
        self.assertEqual([(one.items, one.usd) for one in read[2:]],
                         [(("image output",), Decimal(30)), (("batch: text input",), Decimal("2.5"))])

    def test_a_literal_of_javascript_is_read_without_running_it(self):
        text = """[{ id: "a", note: 'it\\'s "one": 1', long: `two
lines`, yes: !0, rate: .5 }]"""
        self.assertEqual(json.loads(maps.as_json(text)),
                         [{"id": "a", "note": 'it\'s "one": 1', "long": "two\nlines", "yes": True, "rate": 0.5}])

    def test_a_map_of_constructor_calls_is_read_without_running_it(self):
        data = """
providers = [Provider(id='openai', models=[
    ModelInfo(id='pencil-image', prices=ModelPrice(input_mtok=Decimal('5'), output_mtok=Decimal('30')),
              price_variants=[PriceVariant(when={'processing': 'batch'}, prices=ModelPrice(input_mtok=Decimal('2.5')))]),
    ModelInfo(id='talk', prices=ModelPrice(input_mtok=Decimal('1')))])]
"""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "map.whl"
            with zipfile.ZipFile(path, "w") as archive:
                archive.writestr("genai_prices/data.py", data)
            read = maps.read("genai-prices", path)
        self.assertEqual([(one.items[0], one.usd) for one in read],
                         [("text input", Decimal(5)), ("image output", Decimal(30)), ("batch: text input", Decimal("2.5"))])


class Fetching(unittest.TestCase):
    def test_a_file_that_is_not_the_pinned_one_is_refused(self):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "map.tgz"
            with tarfile.open(path, "w:gz") as archive:
                text = json.dumps({"version": "1.2.3", "license": "MIT"}).encode()
                info = tarfile.TarInfo("package/package.json")
                info.size = len(text)
                archive.addfile(info, io.BytesIO(text))
            self.assertEqual(fetch.described(path), ("1.2.3", "MIT"))
            entry = {"name": "map", "registry": "npm", "version": "1.2.3", "file": "map.tgz", "sha256": fetch.digest(path)}
            self.assertEqual(fetch.pinned(entry, Path(folder)), path)
            def fetched(*given):
                path.write_bytes(b"something else")
                return path

            download, fetch.download = fetch.download, fetched
            try:
                with self.assertRaises(fetch.Failed):
                    fetch.pinned({**entry, "sha256": "0" * 64}, Path(folder))
            finally:
                fetch.download = download

    def test_a_lock_is_read_as_it_was_written(self):
        lock = {"read": DAY, "map": [{"name": "@a/b", "version": "1"}, {"name": "c", "version": "2"}]}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "lock"
            fetch.write_lock(path, lock)
            self.assertEqual(fetch.read_lock(path), lock)


if __name__ == "__main__":
    unittest.main()
