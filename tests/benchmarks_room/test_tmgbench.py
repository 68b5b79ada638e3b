"""Games of TMGBench as samples: generated ones, and rows of a user's file."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest

from evalrun.benchmarks.tmgbench import TMGBench
from evalrun.benchmarks.tmgbench.games import all_games
from evalrun.core.errors import ConfigError, DataError
from evalrun.core.options import to_options

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures" / "tmgbench"


def tmgbench(**section) -> TMGBench:
    return TMGBench(to_options({"name": "tmgbench", **section}, TMGBench.Options, "benchmark"))


def samples(limit=None, **section):
    return list(tmgbench(**section).samples(limit))


# Generated games


def test_there_are_144_games_and_five_stories_of_each() -> None:
    found = samples(task="classic,story")
    assert Counter(sample.task for sample in found) == {"classic": 144, "story": 720}
    assert len({sample.id for sample in found}) == 864
    assert Counter(s.labels["story"] for s in found if s.task == "story") == dict.fromkeys(
        "01234", 144
    )
    equilibria = Counter(s.labels["equilibria"] for s in found if s.task == "classic")
    assert equilibria == {"1": 108, "0": 18, "2": 18}


def test_each_game_stands_in_a_group_with_its_sister() -> None:
    found = samples(task="classic")
    groups = Counter(sample.group for sample in found)
    assert Counter(groups.values()) == {1: 12, 2: 66}
    assert Counter(s.labels["sister"] for s in found) == {"self": 12, "other": 132}
    first = [s for s in found if s.turns[0].metadata["sister"] == "first"]
    second = [s for s in found if s.turns[0].metadata["sister"] == "second"]
    assert {s.group for s in first} == {s.group for s in second}


def test_a_game_whose_sister_is_not_asked_has_none() -> None:
    found = samples(2, task="classic")
    assert [sample.labels["sister"] for sample in found] == ["self", "none"]
    assert "sister" not in found[1].turns[0].metadata


def test_a_classic_prompt_tells_all_payoffs_and_the_form_of_the_answer() -> None:
    sample = samples(1, task="classic")[0]
    query, game = sample.turns[0].query, all_games()[0]
    assert f"- A1 and B2: A gets {game.a[0][1]}, B gets {game.b[0][1]}." in query
    assert 'answer = [("A1", "B2"), ...]' in query
    assert sample.turns[0].answers == 4


def test_prompts_differ_in_how_the_model_is_to_think() -> None:
    names = ("da", "cot", "fotom", "sotom", "refotom", "resotom")
    queries = {samples(1, task="classic", prompt=name)[0].turns[0].query for name in names}
    assert len(queries) == 6
    plain = samples(1, task="classic", prompt="fotom")[0].turns[0].query
    swapped = samples(1, task="classic", prompt="refotom")[0].turns[0].query
    assert plain.index("in A's place") < plain.index("in B's place")
    assert swapped.index("in B's place") < swapped.index("in A's place")


def test_stories_are_as_long_as_the_papers_and_labelled_synthetic() -> None:
    for sample in samples(task="story"):
        story, _, _ = sample.turns[0].query.partition("\n\nFind every")
        assert 200 <= len(story.split()) <= 450
        assert "{" not in story
        assert sample.metadata["synthetic"]


def test_the_stories_of_a_game_have_different_topics_and_depend_on_the_seed() -> None:
    topics: dict[str, set[str]] = {}
    for sample in samples(task="story"):
        topics.setdefault(sample.id.rpartition("/")[2], set()).add(sample.metadata["topic"])
    assert {len(of_game) for of_game in topics.values()} == {5}
    assert len(set.union(*topics.values())) == 20
    assert samples(task="story") == samples(task="story", seed=0)
    assert samples(task="story") != samples(task="story", seed=1)


# Composed tasks


def test_composed_tasks_have_as_many_games_as_asked_none_twice() -> None:
    found = samples(task="sequential,parallel,nested")
    sizes = Counter((s.task, s.labels["games"]) for s in found)
    assert sizes == {
        **{(task, n): 20 for task in ("sequential", "parallel") for n in ("3", "5", "10")},
        ("nested", "2"): 20,
    }
    for sample in found:
        items = sample.metadata["items"]
        assert len(items) == len(set(items)) == int(sample.labels["games"])
    longer = samples(task="parallel", games=[15], runs=2)
    assert [len(s.metadata["items"]) for s in longer] == [15, 15]


def test_the_same_tasks_are_asked_whatever_else_is() -> None:
    alone = samples(task="parallel", games=[5], runs=3)
    beside = [s for s in samples(task="sequential,parallel", runs=5) if s.labels["games"] == "5"]
    assert [s.metadata["items"] for s in alone] == [
        s.metadata["items"] for s in beside if s.task == "parallel"
    ][:3]


def test_sequential_games_are_turns_with_one_verdict_at_the_end() -> None:
    sample = samples(1, task="sequential")[0]
    assert [turn.answers for turn in sample.turns] == [0, 0, 1]
    assert [turn.target for turn in sample.turns] == sample.metadata["standard"]


def test_parallel_games_share_a_prompt() -> None:
    query = samples(1, task="parallel")[0].turns[0].query
    assert "Here are 3 games" in query
    assert "answer_1 to answer_3" in query
    assert [f"Game {n}\n" in query for n in (1, 2, 3, 4)] == [True, True, True, False]


def test_a_nested_prompt_tells_the_rule() -> None:
    sample = samples(1, task="nested")[0]
    query = sample.turns[0].query
    assert "Opening game" in query
    assert "in the main game" in query.partition("Rule: if the opening game ends with (A")[2]
    assert all(sample.metadata["standard"])


# Rows of a file


def test_classic_and_story_rows_are_read_and_their_equilibria_computed() -> None:
    found = samples(path=str(FIXTURES / "classic.jsonl"))
    assert [s.id for s in found] == [
        f"classic/{n}" for n in ("harmony", "dilemma", "stag", "chase")
    ]
    assert [s.turns[0].target for s in found] == [[1], [4], [1, 4], []]
    assert [s.row_id for s in found] == ["harmony", "dilemma", "stag", "chase"]
    assert "A wants to meet B" in found[3].turns[0].query
    stories = samples(path=str(FIXTURES / "story.jsonl"))
    assert Counter(s.labels["story"] for s in stories) == {"0": 4, "1": 4}
    assert stories[0].metadata == {"topic": "hunting", "synthetic": False}


def test_a_story_is_called_by_its_game_where_the_game_has_no_other(tmp_path: Path) -> None:
    assert {s.row_id for s in samples(path=str(FIXTURES / "story.jsonl"))} == {None}
    first, *_ = (FIXTURES / "story.jsonl").read_text().splitlines()
    path = tmp_path / "story.jsonl"
    path.write_text(first)
    assert [(s.id, s.row_id) for s in samples(path=str(path))] == [("story/0/harmony", "harmony")]


def test_composed_rows_name_stories() -> None:
    found = samples(path=str(FIXTURES / "composed.jsonl"), stories=str(FIXTURES / "story.jsonl"))
    assert [s.task for s in found] == ["sequential", "parallel", "nested"]
    assert [s.metadata["standard"] for s in found] == [[[1], [4]], [[1, 4], []], [[4], [4]]]
    assert "A cannot choose A2 in the main game" in found[2].turns[0].query


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"standard": [2]},
            r"'standard' says \[2\], but the equilibria of these payoffs are \[1\]",
        ),
        ({"standard": [5]}, r"outcomes should be a list of 1 to 4"),
        ({"payoff_A": [[4, 3], [2, 2]]}, r"'payoff_A' should be"),
        ({"payoff_A": [4, 3, 2, 1]}, r"'payoff_A' should be"),
        ({"payoff_B": None}, r"'payoff_B' should be list"),
        ({"text": 3}, r"'text' should be str"),
        ({"story_id": "first"}, r"'story_id' should be int"),
    ],
)
def test_a_malformed_game_is_named(tmp_path, change, said) -> None:
    row = json.loads((FIXTURES / "classic.jsonl").read_text().splitlines()[0])
    (tmp_path / "games.jsonl").write_text(json.dumps(row | change))
    with pytest.raises(DataError, match=rf"games\.jsonl, row 1: .*{said}"):
        samples(path=str(tmp_path / "games.jsonl"))


def test_a_file_without_rows_is_refused(tmp_path: Path) -> None:
    (tmp_path / "games.jsonl").touch()
    with pytest.raises(DataError, match=r"games\.jsonl: no rows"):
        samples(path=str(tmp_path / "games.jsonl"))


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"form": "sequentially", "items": []}, "did you mean 'sequential'"),
        ({"form": "parallel", "items": []}, "task of 0 games"),
        ({"form": "parallel", "items": ["story/9/stag"]}, "no game is called 'story/9/stag'"),
        ({"form": "nested", "items": ["story/0/stag"]}, "a nested task of 1 games"),
        ({"form": "nested", "items": ["story/0/stag"] * 2}, "missing field 'restriction'"),
        (
            {"form": "parallel", "items": ["story/0/stag"], "standard": [[1], [2]]},
            "2 answers of 1 games",
        ),
        (
            {
                "form": "nested",
                "items": ["story/0/stag", "story/0/stag"],
                "restriction": {"outcome": 1, "player": "A", "action": 1},
            },
            "give a 'standard'",
        ),
    ],
)
def test_a_malformed_task_is_named(tmp_path, row, said) -> None:
    (tmp_path / "tasks.jsonl").write_text(json.dumps(row))
    with pytest.raises(DataError, match=said):
        samples(path=str(tmp_path / "tasks.jsonl"), stories=str(FIXTURES / "story.jsonl"))


def areas_file(folder: Path, games) -> str:
    rows = [
        {"payoff_A": g.a, "payoff_B": g.b, "area": "yellow" if n % 2 else "green"}
        for n, g in enumerate(games)
    ]
    (folder / "areas.json").write_text(json.dumps(rows))
    return str(folder / "areas.json")


def test_areas_of_games_without_equilibrium_are_known_from_a_file(tmp_path) -> None:
    without = [game for game in all_games() if not game.equilibria]
    # Whichever game of a class the file has.
    areas = areas_file(tmp_path, [g.swapped(rows=True, columns=False) for g in without])
    found = samples(task="classic", areas=areas)
    known = [s.turns[0].metadata["area"] for s in found if "area" in s.turns[0].metadata]
    assert sorted(known) == [-1] * 9 + [1] * 9
    with pytest.raises(DataError, match="areas of 17 games, of 18"):
        samples(task="classic", areas=areas_file(tmp_path, without[1:]))
    with pytest.raises(DataError, match="has an equilibrium"):
        samples(task="classic", areas=areas_file(tmp_path, all_games()))


# Options


def test_unknown_tasks_and_repeated_sizes_are_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'story'"):
        tmgbench(task="stories")
    with pytest.raises(ConfigError, match=r"benchmark\.games"):
        tmgbench(games=[3, 3])


def test_missing_files_are_told() -> None:
    problems = tmgbench(stories="no.jsonl", areas="none.json").problems()
    assert [problem.what for problem in problems] == [
        "no.jsonl: no such file",
        "none.json: no such file",
    ]
    assert not tmgbench().problems()


def test_provenance_tells_whose_stories_and_prompts() -> None:
    made = tmgbench().provenance()
    assert (made["prompts"], made["stories"]) == ("evalrun wording", "synthetic, version 1")
    given = tmgbench(stories=str(FIXTURES / "story.jsonl")).provenance()
    assert "stories" not in given
    assert list(given["files"]) == ["story.jsonl"]
