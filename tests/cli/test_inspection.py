"""Looking around: what there is, what a recipe is made of, what would stop a run."""

from __future__ import annotations

from pathlib import Path

import yaml
from command import evalrun
from rows import recorded_world


def test_ls_names_recipes_models_methods_and_scorers(tmp_path: Path) -> None:
    done = evalrun("ls", cwd=tmp_path)
    assert done.returncode == 0
    for name in ("scbench", "quickstart", "llama3-8b", "smollm2", "snapkv", "includes", "judge"):
        assert name in done.stdout


def test_ls_shows_the_runs_of_a_folder_and_how_they_stand(tmp_path: Path) -> None:
    evalrun(*recorded_world(tmp_path, 2), cwd=tmp_path)
    done = evalrun("ls", "runs", cwd=tmp_path)
    assert "outputs/file/recorded/" in done.stdout
    assert "complete" in done.stdout


def test_show_prints_a_whole_configuration(tmp_path: Path) -> None:
    done = evalrun("show", "scbench", "model=llama3-8b", "kv=snapkv", cwd=tmp_path)
    shown = yaml.safe_load(done.stdout)
    assert shown["recipe"]["name"] == "scbench"
    assert shown["model"]["name"] == "llama3-8b"
    assert shown["kv"]["method"] == "snapkv"
    assert shown["run"]["epochs"] == 1


def test_show_prints_each_part_of_a_composition(tmp_path: Path) -> None:
    done = evalrun("show", "scbench", "kv=[minference,snapkv]", "kv.budget=64", cwd=tmp_path)
    kv = yaml.safe_load(done.stdout)["kv"]
    assert list(kv["parts"]) == ["minference", "snapkv"]
    assert kv["parts"]["snapkv"]["budget"] == 64


def test_doctor_calls_a_composition_by_its_parts_in_the_order_of_their_slots(
    tmp_path: Path,
) -> None:
    done = evalrun("doctor", *recorded_world(tmp_path, 1), "kv=[snapkv,minference]", cwd=tmp_path)
    assert done.returncode == 2
    assert "no KV cache for kv=minference+snapkv-4096" in done.stdout


def test_show_never_prints_a_secret(tmp_path: Path) -> None:
    url = "model.api_base=http://user:hunter2secret@localhost/v1"
    done = evalrun("show", "file", "model=openai-compatible", url, cwd=tmp_path)
    assert done.returncode == 0
    assert "hunter2secret" not in done.stdout


def test_doctor_tells_what_would_stop_a_run_and_exits_2(tmp_path: Path) -> None:
    done = evalrun(
        "doctor", "recipe=scbench", "model=recorded", cwd=tmp_path, EVALRUN_CACHE=str(tmp_path)
    )
    assert done.returncode == 2
    assert "problem: no data of scbench_kv" in done.stdout
    assert "problem: recorded replies need a file; say model.path=FILE" in done.stdout
    assert "2 to mend" in done.stdout


def test_doctor_is_content_with_a_run_that_can_start(tmp_path: Path) -> None:
    done = evalrun("doctor", *recorded_world(tmp_path, 1), cwd=tmp_path)
    assert done.returncode == 0
    assert "nothing would stop this run" in done.stdout
    assert not (tmp_path / "outputs").exists()


def test_a_recipes_own_file_is_found_in_a_folder_of_the_users(tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "recipe"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text(
        "# @package _global_\n"
        "defaults:\n"
        "  - override /benchmark: file\n"
        "  - override /scorer: includes\n"
        "recipe: {name: own, title: Rows of our own}\n"
    )
    listed = evalrun("ls", "recipes", "--recipes", "mine", cwd=tmp_path)
    assert "Rows of our own" in listed.stdout
    overrides = recorded_world(tmp_path, 2)[1:]
    done = evalrun("--recipes", "mine", "recipe=own", *overrides, cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_every_command_explains_itself_with_an_example(tmp_path: Path) -> None:
    for command in ("run", "ls", "show", "doctor", "fetch", "score", "rescore", "table", "cache"):
        text = evalrun(command, "--help", cwd=tmp_path).stdout
        assert "Example" in text
        assert f"evalrun {command}" in text or "evalrun recipe=" in text


def test_show_tells_the_card_before_the_configuration(tmp_path: Path) -> None:
    done = evalrun("show", "acpbench_hard", "benchmark.shots=0", cwd=tmp_path)
    card, _, composed = done.stdout.partition("\n\n")
    assert all(line.startswith("# ") for line in card.splitlines())
    for told in ("ICLR 2026", "CDLA-Permissive-2.0", "1,040 requests", "14,535 of 14,535"):
        assert told in card
    assert yaml.safe_load(composed)["benchmark"]["shots"] == 0


def test_show_tells_the_card_of_a_recipe_of_the_users(tmp_path: Path) -> None:
    for group, text in (
        ("recipe", "# @package _global_\nrecipe: {name: own, title: Rows of our own}\n"),
        ("cards", "extends: file\nlicence: CC0-1.0\n"),
    ):
        (tmp_path / "mine" / group).mkdir(parents=True)
        (tmp_path / "mine" / group / "own.yaml").write_text(text)
    chosen = ("benchmark=file", "scorer=includes", "--recipes", "mine")
    done = evalrun("show", "own", *chosen, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Licence: CC0-1.0." in done.stdout
