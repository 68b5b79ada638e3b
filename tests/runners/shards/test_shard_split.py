"""Which samples are a shard's: all of them once, families whole, loads alike."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalrun.core.content import Content, ImagePart, TextPart
from evalrun.core.sample import Sample, Turn
from evalrun.core.shard import Shard
from evalrun.runners.shards.split import share_of

TURN = (Turn(query="?"),)
NAMES = st.one_of(st.none(), st.integers(0, 6).map(str))


def sample(row: int, context: Content = "", group: str | None = None) -> Sample:
    return Sample(id=f"s/{row}", task="s", turns=TURN, context=context, group=group)


@st.composite
def samples_of_families(draw: st.DrawFn) -> list[Sample]:
    marks = draw(st.lists(st.tuples(NAMES, NAMES), max_size=40))
    return [sample(row, context or "", group) for row, (context, group) in enumerate(marks)]


def shards(samples: list[Sample], count: int) -> list[list[str]]:
    parts = [share_of(samples, Shard(index, count)) for index in range(1, count + 1)]
    assert all(part.planned == len(samples) for part in parts)
    found = [[one.id for one in part.of(samples)] for part in parts]
    assert [part.size for part in parts] == [len(ids) for ids in found]
    return found


def families(samples: list[Sample]) -> list[set[str]]:
    """Put together by hand what shares a context or a group, until nothing changes."""
    found = [{one.id} for one in samples]
    marks = defaultdict(set)
    for one in samples:
        for mark in _marks(one):
            marks[mark].add(one.id)
    for joined in marks.values():
        touching = [family for family in found if family & joined]
        found = [family for family in found if not family & joined]
        found.append(set().union(*touching))
    return found


def _marks(one: Sample) -> Iterator[tuple[str, str]]:
    if one.context:
        yield "context", str(one.context)
    if one.group is not None:
        yield "group", one.group


@given(samples_of_families(), st.integers(1, 7))
def test_each_sample_is_in_one_shard_and_keeps_its_place_there(
    samples: list[Sample], count: int
) -> None:
    found = shards(samples, count)
    assert Counter(id_ for ids in found for id_ in ids) == Counter(one.id for one in samples)
    places = {one.id: place for place, one in enumerate(samples)}
    assert all(ids == sorted(ids, key=places.__getitem__) for ids in found)


@given(samples_of_families(), st.integers(1, 7))
def test_what_shares_a_context_or_a_group_is_never_split(samples: list[Sample], count: int) -> None:
    found = [set(ids) for ids in shards(samples, count)]
    assert all(any(family <= ids for ids in found) for family in families(samples))


@given(samples_of_families(), st.integers(1, 7))
def test_shards_differ_by_no_more_than_the_largest_family(
    samples: list[Sample], count: int
) -> None:
    sizes = [len(ids) for ids in shards(samples, count)]
    largest = max((len(family) for family in families(samples)), default=0)
    assert max(sizes) - min(sizes) <= largest


@given(samples_of_families(), st.integers(1, 7))
def test_a_shard_is_the_same_each_time(samples: list[Sample], count: int) -> None:
    assert shards(samples, count) == shards(samples, count)


def test_samples_on_their_own_are_dealt_one_by_one() -> None:
    assert shards([sample(row) for row in range(5)], 2) == [["s/0", "s/2", "s/4"], ["s/1", "s/3"]]


def test_a_family_may_be_joined_late_and_by_way_of_others() -> None:
    samples = [
        sample(0, context="book"),
        sample(1, group="g"),
        sample(2),
        sample(3, context="book", group="g"),
    ]
    assert shards(samples, 2) == [["s/0", "s/1", "s/3"], ["s/2"]]


def test_a_context_and_a_group_of_the_same_name_are_not_one() -> None:
    assert shards([sample(0, context="a"), sample(1, group="a")], 2) == [["s/0"], ["s/1"]]


def test_contexts_may_hold_images() -> None:
    seen = (TextPart("look"), ImagePart("a.png"))
    samples = [sample(0, seen), sample(1, (ImagePart("b.png"),)), sample(2, seen)]
    assert shards(samples, 2) == [["s/0", "s/2"], ["s/1"]]


@pytest.mark.parametrize(("count", "part"), [(1, 1.0), (2, 0.5), (4, 0.25)])
def test_a_share_knows_how_much_of_the_run_it_is(count: int, part: float) -> None:
    samples = [sample(row) for row in range(8)]
    assert share_of(samples, Shard(count, count)).part == part


def test_there_may_be_more_shards_than_samples() -> None:
    share = share_of([sample(0)], Shard(3, 3))
    assert (share.size, share.part) == (0, 0.0)
