"""What tables say of the data behind them, whatever a benchmark says of its data."""

from __future__ import annotations

import pytest

from evalrun.runners.layouts.notes import _data_of

HASH = "0123456789abcdef" * 4


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ({}, ""),
        (None, ""),
        ({"source": "official", "revision": HASH}, "source official, revision 0123456789ab"),
        ({"files": {"a.json": HASH}}, "a.json sha256 0123456789ab"),
        ({"sha256": HASH}, "sha256 0123456789ab"),
        ({"data": {"x": {"sha256": HASH}, "y": {}}}, "x: sha256 0123456789ab, y: "),
        (
            {"data": {"source": "official", "files": {"a": HASH}}},
            "source official, a sha256 0123456789ab",
        ),
        ({"data": "mine"}, ""),
        ({"revision": 7}, "revision 7"),
    ],
)
def test_data_are_told_by_names_and_a_revision_or_else_a_hash(data, told):
    assert _data_of(data) == told


def test_what_is_not_understood_is_told_by_its_hash():
    assert _data_of(["a"]).startswith("provenance sha256 ")
    assert _data_of({"files": ["a", "b"]}).startswith("2 files sha256 ")
