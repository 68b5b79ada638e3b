"""TAB: what is offered, and that real bash, zsh and fish put it on the line."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
from pathlib import Path

import pytest
from command import COMMAND, evalrun
from rows import only_run, recorded_world
from terminal import terminal

from evalrun.core.errors import ConfigError
from evalrun.runners.completion.scripts import SHELLS, script
from evalrun.runners.compose import GROUPS, Composer


def offered(*words: str, cwd: Path) -> dict[str, str]:
    """Return what is offered for the last of `words`, with its help."""
    done = evalrun("__complete", "zsh", *words, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return dict(line.split("\t") for line in done.stdout.splitlines())


def test_the_first_word_is_a_command_or_a_recipe(tmp_path: Path) -> None:
    words = offered("", cwd=tmp_path)
    assert {"run", "ls", "show", "table", "completion", "recipe="} <= set(words)
    assert words["ls"] == "List what there is."
    assert not [word for word in words if word.startswith("_")]


def test_a_first_word_that_is_begun_is_a_command_or_a_key(tmp_path: Path) -> None:
    assert set(offered("sco", cwd=tmp_path)) == {"score", "scorer=", "scorer."}


def test_recipes_come_with_their_titles(tmp_path: Path) -> None:
    words = offered("recipe=", cwd=tmp_path)
    assert set(words) == {f"recipe={name}" for name in Composer().options("recipe")}
    assert words["recipe=file"].startswith("Your own rows")


@pytest.mark.parametrize("group", GROUPS)
def test_every_group_offers_its_options(group: str, tmp_path: Path) -> None:
    wanted = {f"{group}={name}" for name in Composer().options(group)}
    assert set(offered("run", f"{group}=", cwd=tmp_path)) == wanted


def test_a_group_that_was_chosen_is_not_offered_again(tmp_path: Path) -> None:
    words = offered("recipe=scbench", "model=smollm2", "", cwd=tmp_path)
    assert "recipe=" not in words
    assert "model=" not in words
    assert words["scorer="] == "now scbench"
    assert {"kv=", "kv.", "model.", "run.", "roles.", "outputs=", "selfcheck="} <= set(words)


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("kv=full,sn", {"kv=full,snapkv"}),
        ("kv=snapkv,sn", set()),
        ("kv=[snapkv,h2", {"kv=[snapkv,h2o]", "kv=[snapkv,h2o,"}),
        ("run.save_inputs=", {"run.save_inputs=hash", "run.save_inputs=full"}),
        ("run.cache=", {"run.cache=true", "run.cache=false"}),
        ("table.columns=t", {"table.columns=tasks"}),
        (
            "selfcheck=[null_model,p",
            {"selfcheck=[null_model,position]", "selfcheck=[null_model,position,"},
        ),
        ("roles.judge=smo", {"roles.judge=smollm2", "roles.judge=smolvlm"}),
        ("kv.nothing=", set()),
        ("nothing=", set()),
        ("nothing.", set()),
    ],
)
def test_values(typed: str, wanted: set[str], tmp_path: Path) -> None:
    assert set(offered("recipe=scbench", typed, cwd=tmp_path)) == wanted


@pytest.mark.parametrize(
    ("words", "wanted", "unwanted"),
    [
        (["run."], "run.limit=", "run.name="),
        (["generation."], "generation.temperature=", "generation."),
        (["table."], "table.columns=", "table."),
        (["benchmark."], "benchmark.task=", "benchmark.name="),
        (["benchmark=file", "benchmark."], "benchmark.input_field=", "benchmark.task="),
        (["scorer."], "scorer.variant=", "scorer.name="),
        (["model=llama3-8b", "model."], "model.weights=", "model.defaults"),
        (["judge=openai", "judge."], "judge.api_base=", "judge.defaults="),
        (["kv=snapkv", "kv."], "kv.kernel_size=", "kv.method="),
        (["kv=[quest,snapkv]", "kv."], "kv.token_budget=", "kv.method="),
        (["roles.user=openai", "roles.user."], "roles.user.engine=", "roles.user.weights="),
        (["kv=windowkv", "kv.classes."], "kv.classes.qasper=", "kv.classes="),
    ],
)
def test_keys_are_those_of_what_is_chosen(
    words: list[str], wanted: str, unwanted: str, tmp_path: Path
) -> None:
    keys = offered("recipe=scbench", *words, cwd=tmp_path)
    assert wanted in keys
    assert unwanted not in keys


def test_a_recipe_based_on_another_has_its_benchmark(tmp_path: Path) -> None:
    keys = offered("recipe=scbench_kv_table", "benchmark.max_t", cwd=tmp_path)
    assert keys == {"benchmark.max_turns=": "now 5"}


def test_a_key_is_offered_with_what_it_is_now(tmp_path: Path) -> None:
    assert offered("recipe=scbench", "kv=snapkv", "kv.win", cwd=tmp_path) == {
        "kv.window_size=": "now 32"
    }
    assert list(offered("recipe=scbench", "kv=snapkv", "kv.window_size=", cwd=tmp_path)) == [
        "kv.window_size=32"
    ]


@pytest.mark.parametrize("command", ["show", "fetch"])
def test_commands_that_take_a_recipe_by_its_name(command: str, tmp_path: Path) -> None:
    assert "scbench" in offered(command, "", cwd=tmp_path)
    assert "benchmark.input_field=" in offered(command, "file", "benchmark.", cwd=tmp_path)


def test_score_and_search_take_files_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "mine.jsonl").touch()
    assert {"rows=", "predictions="} <= set(offered("score", "", cwd=tmp_path))
    assert offered("score", "rows=m", cwd=tmp_path) == {"rows=mine.jsonl": ""}
    assert "search=" in offered("search", "recipe=archon", "", cwd=tmp_path)


def test_agreement_takes_its_own_recipes_options_and_files(tmp_path: Path) -> None:
    (tmp_path / "n_mine.csv").touch()
    assert list(offered("agreement", "recipe=", cwd=tmp_path)) == ["recipe=benchbench"]
    words = offered("agreement", "recipe=benchbench", "n_m", cwd=tmp_path)
    assert {"n_models=", "n_mine.csv"} <= set(words)


def test_kinds_formats_and_shells(tmp_path: Path) -> None:
    assert {"recipes", "models", "runs"} <= set(offered("ls", "", cwd=tmp_path))
    assert {"md", "tex", "auto"} <= set(offered("table", "RUN", "--format", "", cwd=tmp_path))
    assert set(offered("table", "--format=m", cwd=tmp_path)) == {"--format=md"}
    assert set(offered("completion", "", cwd=tmp_path)) == set(SHELLS)


def test_commands_of_a_group_of_commands(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    words = offered("sweep", "", cwd=tmp_path)
    assert {"status", "wait", "retry", "cancel", "table"} <= set(words)
    assert "recipe=" not in words
    assert set(offered("sweep", "status", "", cwd=tmp_path)) == {"mine/"}
    assert "md" in offered("sweep", "table", "--format", "", cwd=tmp_path)


def test_options_of_the_command_that_were_not_given(tmp_path: Path) -> None:
    assert {"--recipes", "--multirun", "-m", "--quiet"} <= set(
        offered("recipe=file", "-", cwd=tmp_path)
    )
    assert {"--version", "--help", "--multirun"} <= set(offered("-", cwd=tmp_path))
    words = offered("table", "--kv", "--paper", "-", cwd=tmp_path)
    assert "--layout" in words
    assert "--kv" not in words


def test_recipes_of_a_folder_are_offered_with_it(tmp_path: Path) -> None:
    folder = tmp_path / "mine" / "recipe"
    folder.mkdir(parents=True)
    (folder / "own.yaml").write_text("recipe: {name: own, title: Rows of our own}\n")
    (folder / "odd.yaml").write_text("recipe: [")
    assert "mine/" in offered("--recipes", "", cwd=tmp_path)
    words = offered("--recipes", "mine", "recipe=o", cwd=tmp_path)
    assert words == {"recipe=odd": "", "recipe=own": "Rows of our own"}
    assert "kv=" in offered("--recipes", "mine", "recipe=odd", "", cwd=tmp_path)


def test_runs_are_offered_a_folder_at_a_time_with_their_state(tmp_path: Path) -> None:
    evalrun(*recorded_world(tmp_path, 2), cwd=tmp_path)
    run = only_run(tmp_path).relative_to(tmp_path)
    assert list(offered("table", "", cwd=tmp_path)) == ["outputs/"]
    for command in ("table", "compare", "report", "rescore"):
        assert offered(command, f"{run.parent}/", cwd=tmp_path) == {str(run): "complete"}
    assert offered("compare", str(run), f"{run.parent}/", cwd=tmp_path) == {str(run): "complete"}
    assert "scorer.ignore_case=" in offered("rescore", str(run), "scorer.", cwd=tmp_path)


def test_paths_are_offered_where_a_key_takes_one(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").touch()
    (tmp_path / ".hidden").touch()
    (tmp_path / "rows").mkdir()
    files = offered("recipe=file", "benchmark.path=", cwd=tmp_path)
    assert set(files) == {"benchmark.path=rows.jsonl", "benchmark.path=rows/"}
    folders = offered("recipe=scbench", "benchmark.data_dir=", cwd=tmp_path)
    assert set(folders) == {"benchmark.data_dir=rows/"}
    assert set(offered("recipe=file", "benchmark.path=.h", cwd=tmp_path)) == {
        "benchmark.path=.hidden"
    }


def test_what_cannot_be_completed_offers_nothing(tmp_path: Path) -> None:
    assert offered("recipe=absent", "benchmark.", cwd=tmp_path) == {}
    assert offered("cache", "", cwd=tmp_path) == {}
    assert offered("table", "absent/", cwd=tmp_path) == {}
    assert offered("view", "--port", "", cwd=tmp_path) == {}


@pytest.mark.parametrize("shell", SHELLS)
def test_the_script_is_printed_whole(shell: str, tmp_path: Path) -> None:
    assert evalrun("completion", shell, cwd=tmp_path).stdout == script(shell)


def test_an_unknown_shell_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"unknown shell 'fisch'.*fish"):
        script("fisch")
    assert evalrun("completion", "fisch", cwd=tmp_path).returncode == 2


def test_a_tab_takes_no_time_that_is_felt(tmp_path: Path) -> None:
    """0.12 s of a processor, most of it Python's start; a busy machine may take twice that."""
    took: list[float] = []
    for _ in range(7):
        before = processor_seconds()
        offered("recipe=scbench", "kv=snapkv", "kv.", cwd=tmp_path)
        took.append(processor_seconds() - before)
    assert min(took) < 0.25


def processor_seconds() -> float:
    """Return the time that finished child processes took of a processor."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


needs = {
    shell: pytest.mark.skipif(shutil.which(shell) is None, reason=f"no {shell}") for shell in SHELLS
}


@pytest.fixture
def world(tmp_path: Path) -> dict[str, str]:
    """Make a folder with a space in its name, and return variables that find `evalrun`."""
    (tmp_path / "my dir" / "inner").mkdir(parents=True)
    return {**os.environ, "PATH": f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"}


TYPED = [
    ("evalrun recipe=longg", "evalrun recipe=longgenbench "),
    ("evalrun reci", "evalrun recipe="),
    ("evalrun recipe=scbench kv=full,sn", "kv=full,snapkv "),
    ("evalrun 'kv=[snapkv,h2", "'kv=[snapkv,h2o"),
    ("evalrun recipe=scbench run.save_inputs=h", "run.save_inputs=hash "),
    ("evalrun recipe=scbench run.save", "run.save_inputs="),
    ("evalrun show longg", "evalrun show longgenbench "),
    ("evalrun table my", "evalrun table my\\ dir/"),
    ("evalrun table my\\ dir/i", "evalrun table my\\ dir/inner/"),
    ('evalrun table "my', 'evalrun table "my dir/'),
    ("evalrun recipe=file benchmark.path=my", "benchmark.path=my\\ dir/"),
    (f"{COMMAND} recipe=longg", "recipe=longgenbench "),
]


@needs["bash"]
def test_bash_puts_it_on_the_line(tmp_path: Path, world: dict[str, str]) -> None:
    shell = ["bash", "--norc", "--noprofile", "-i"]
    with terminal(shell, tmp_path, world) as bash:
        bash.type('PS1="ready> "; eval "$(evalrun completion bash)"; echo do""ne\n')
        bash.shown("done\nready> ")
        for typed, wanted in TYPED:
            bash.completed(typed, wanted)
        bash.completed("X=1 evalrun recipe=longg", "recipe=longgenbench ")
        bash.completed("true; evalrun kv='[snapkv,h2", "kv='[snapkv,h2o")


@needs["bash"]
@pytest.mark.parametrize(
    ("line", "replies"),
    [
        ("evalrun recipe=longg", ["longgenbench"]),
        ("evalrun recipe=scbench kv=full,sn", ["full,snapkv"]),
        ("evalrun table --format=m", ["md"]),
        ("evalrun nothing=", []),
    ],
)
def test_bash_replaces_what_follows_the_last_break(
    line: str, replies: list[str], tmp_path: Path, world: dict[str, str]
) -> None:
    asked = 'eval "$(evalrun completion bash)"; COMP_LINE=$1 COMP_POINT=${#1}; COMP_WORDS=(evalrun)'
    asked += '; _evalrun; printf "%s\\n" "${COMPREPLY[@]}"'
    done = subprocess.run(
        ["bash", "-c", asked, "bash", line],
        cwd=tmp_path,
        env={**world, "COMP_WORDBREAKS": " \t\n\"'><=;|&(:"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == replies


@needs["zsh"]
def test_zsh_puts_it_on_the_line(tmp_path: Path, world: dict[str, str]) -> None:
    with terminal(["zsh", "-f", "-i"], tmp_path, world) as zsh:
        zsh.type("PS1='ready> '; unsetopt zle_bracketed_paste prompt_sp; autoload -U compinit; ")
        zsh.type('compinit -u -D; eval "$(evalrun completion zsh)"; echo do""ne\n')
        zsh.shown("done\nready> ")
        for typed, wanted in TYPED:
            zsh.completed(typed, wanted)
        zsh.type("evalrun recipe=longb\t")
        zsh.shown("longbench")
        zsh.type("\x15evalrun recipe=sc\t\t")
        assert "-- SCBench: long contexts" in zsh.shown("-- SCBench's comparison")


@needs["fish"]
@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("evalrun recipe=longg", ["recipe=longgenbench"]),
        ("evalrun kv=full,sn", ["kv=full,snapkv"]),
        ("evalrun 'kv=[snapkv,h2", ["kv=[snapkv,h2o,", "kv=[snapkv,h2o]"]),
        ("evalrun table my\\ dir/", ["my dir/inner/"]),
        ('evalrun table "my', ["my dir/"]),
        ("evalrun recipe=file benchmark.path=my", ["benchmark.path=my dir/"]),
        ("evalrun nothing=", []),
    ],
)
def test_fish_offers_it(line: str, words: list[str], tmp_path: Path, world: dict[str, str]) -> None:
    asked = "evalrun completion fish | source; complete --do-complete $argv[1]"
    done = subprocess.run(
        ["fish", "--no-config", "-c", asked, line],
        cwd=tmp_path,
        env=world,
        capture_output=True,
        text=True,
        check=True,
    )
    assert sorted(reply.partition("\t")[0] for reply in done.stdout.splitlines()) == words


@needs["fish"]
def test_fish_shows_titles(tmp_path: Path, world: dict[str, str]) -> None:
    asked = "evalrun completion fish | source; complete --do-complete 'evalrun recipe=scb'"
    done = subprocess.run(
        ["fish", "--no-config", "-c", asked],
        cwd=tmp_path,
        env=world,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "recipe=scbench\tSCBench: long contexts" in done.stdout
