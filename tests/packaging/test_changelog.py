"""The changelog tells of the version that is built, in the form that it names."""

from __future__ import annotations

import re
from datetime import date

from source_tree import ROOT

CHANGELOG = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
HEADS = re.findall(r"^## (.*)$", CHANGELOG, flags=re.MULTILINE)
RELEASES = [
    re.fullmatch(r"\[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)", head) for head in HEADS[1:]
]
KINDS = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}


def test_what_is_not_released_stands_first_and_releases_have_a_day() -> None:
    assert HEADS[0] == "[Unreleased]"
    assert RELEASES
    assert all(RELEASES), HEADS


def test_releases_stand_newest_first() -> None:
    versions = [tuple(map(int, release.groups()[:3])) for release in RELEASES if release]
    days = [date.fromisoformat(release[4]) for release in RELEASES if release]
    assert versions == sorted(set(versions), reverse=True)
    assert days == sorted(days, reverse=True)


def test_the_newest_release_is_the_version_of_the_distribution() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    declared = re.search(r'^version = "(.+)"$', text, flags=re.MULTILINE)
    assert declared
    assert f"[{declared[1]}]" == HEADS[1].partition(" ")[0]


def test_changes_are_sorted_by_their_kind() -> None:
    assert set(re.findall(r"^### (.*)$", CHANGELOG, flags=re.MULTILINE)) <= KINDS
