"""The parts of scripts/compare-price-maps: fetch, maps, book, compare, report."""
