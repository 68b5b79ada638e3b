"""Several KV methods in one run: `kv=[a,b]`, on the command line, in sweeps and in recipes."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml

from evalrun.core.config import Options
from evalrun.core.errors import ConfigError
from evalrun.models.registry import KV_METHODS
from evalrun.runners.build import build_parts
from evalrun.runners.compose import Composer
from evalrun.runners.folder import folder_of

FILE = ("recipe=file", "benchmark.path=rows.jsonl")
composer = Composer()


def kv_of(*overrides: str, composer: Composer = composer) -> dict[str, Any]:
    return composer.compose([*FILE, *overrides]).kv


def error_of(*overrides: str, composer: Composer = composer) -> str:
    with pytest.raises(ConfigError) as caught:
        build_parts(composer.expand([*FILE, *overrides])[0])
    assert "\n" not in str(caught.value)
    return str(caught.value)


def shipped(name: str, **changes: Any) -> dict[str, Any]:
    return {**yaml.safe_load(composer.file("kv", name).read_text()), **changes}


def with_files(folder: Path, **texts: str) -> Composer:
    """Write YAML files `<group>__<name>` of the user's own."""
    for place, text in texts.items():
        group, _, name = place.partition("__")
        (folder / group).mkdir(exist_ok=True)
        (folder / group / f"{name.replace('_', '-')}.yaml").write_text(text)
    return Composer((folder,))


def test_a_list_gives_each_method_a_section_of_its_own() -> None:
    assert kv_of("kv=[snapkv,kivi]") == {
        "method": "composed",
        "parts": {"snapkv": shipped("snapkv"), "kivi": shipped("kivi")},
    }


def test_a_list_of_one_is_that_method() -> None:
    assert kv_of("kv=[snapkv]") == kv_of("kv=snapkv")
    changed = kv_of("kv=snapkv", "kv.budget=64")
    assert kv_of("kv=[snapkv]", "kv.budget=64") == changed
    assert kv_of("kv=[snapkv]", "kv.parts.snapkv.budget=64") == changed


def test_a_key_of_one_part_needs_no_name() -> None:
    kv = kv_of("kv=[snapkv,kivi]", "kv.budget=64", "kv.bits=4")
    assert kv["parts"] == {"snapkv": shipped("snapkv", budget=64), "kivi": shipped("kivi", bits=4)}


def test_a_key_of_several_parts_needs_the_name_of_one() -> None:
    assert error_of("kv=[snapkv,kivi,tova]", "kv.budget=64") == (
        "kv.budget: snapkv and tova have it; "
        "say kv.parts.snapkv.budget=VALUE or kv.parts.tova.budget=VALUE"
    )
    kv = kv_of("kv=[snapkv,tova]", "kv.parts.tova.budget=64", "kv.kernel_size=7")
    assert kv["parts"] == {
        "snapkv": shipped("snapkv", kernel_size=7),
        "tova": shipped("tova", budget=64),
    }


def test_the_order_of_the_list_does_not_matter() -> None:
    configs = [
        composer.compose([*FILE, f"kv=[{','.join(order)}]", "kv.budget=64"])
        for order in itertools.permutations(["snapkv", "kivi", "full"])
    ]
    assert len({folder_of(config, None, {}).path for config in configs}) == 1


def test_what_a_part_is_set_to_makes_another_run() -> None:
    one, other = (composer.compose([*FILE, "kv=[snapkv,kivi]", f"kv.bits={n}"]) for n in (2, 4))
    assert folder_of(one, None, {}).path != folder_of(other, None, {}).path


def test_of_two_choices_the_last_counts() -> None:
    assert kv_of("kv=[snapkv,kivi]", "kv=tova") == kv_of("kv=tova")
    assert kv_of("kv=tova", "kv=[snapkv,kivi]") == kv_of("kv=[snapkv,kivi]")


def test_lists_are_swept_through_beside_single_methods() -> None:
    configs = composer.expand(
        [*FILE, "kv=full,[snapkv],[tova,kivi]", "run.seed=1,2"], multirun=True
    )
    chosen = [(list(c.kv.get("parts", [c.kv["method"]])), c.run.seed) for c in configs]
    assert chosen == [
        (methods, seed) for methods in (["full"], ["snapkv"], ["tova", "kivi"]) for seed in (1, 2)
    ]


SWEPT = """\
# @package _global_
defaults:
  - override /benchmark: file
  - override /scorer: exact
recipe: {name: swept, title: Swept}
sweep:
  - - kv=full
    - kv=[tova,kivi] kv.budget=64 kv.bits=4
"""


def test_a_recipe_sweeps_through_lists_and_the_user_may_fix_the_axis(tmp_path: Path) -> None:
    mine = with_files(tmp_path, recipe__swept=SWEPT)
    overrides = ["recipe=swept", "benchmark.path=x.jsonl"]
    full, both = mine.expand(overrides)
    assert full.kv == {"method": "full"}
    assert both.kv["parts"] == {"tova": shipped("tova", budget=64), "kivi": shipped("kivi", bits=4)}
    (fixed,) = mine.expand([*overrides, "kv=[snapkv,kivi]"])
    assert list(fixed.kv["parts"]) == ["snapkv", "kivi"]


NATIVE = """\
# @package _global_
defaults:
  - override /benchmark: file
  - override /kv: pair
  - override /scorer: exact
recipe: {name: native, title: Native}
kv: {bits: 8}
"""
PAIR = """\
defaults:
  - tova@parts.tova
  - kivi@parts.kivi
method: composed
"""


def test_a_composition_may_be_a_file_of_the_users_own(tmp_path: Path) -> None:
    mine = with_files(tmp_path, recipe__native=NATIVE, kv__pair=PAIR)
    kv = mine.compose(["recipe=native", "benchmark.path=x.jsonl", "kv.budget=64"]).kv
    assert kv == kv_of("kv=[tova,kivi]", "kv.budget=64", "kv.bits=8")


def test_the_users_own_methods_compose_by_their_files_names(tmp_path: Path) -> None:
    mine = with_files(tmp_path, kv__small_snapkv="method: snapkv\nbudget: 64\n")
    kv = kv_of(
        "kv=[kivi,small-snapkv]",
        "kv.window_size=8",
        "kv.parts.small-snapkv.kernel_size=3",
        composer=mine,
    )
    assert kv["parts"] == {
        "kivi": shipped("kivi"),
        "small-snapkv": {"method": "snapkv", "budget": 64, "window_size": 8, "kernel_size": 3},
    }


class Layered:
    """A method with an option that holds others."""

    class Options(Options, frozen=True):
        method: str
        layers: dict[str, int]


def test_an_option_that_holds_others_keeps_those_that_are_not_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(KV_METHODS.builtin, "layered", f"{__name__}:Layered")  # type: ignore[arg-type]
    mine = with_files(tmp_path, kv__layered="method: layered\nlayers: {first: 1, last: 2}\n")
    kv = kv_of("kv=[layered,kivi]", "kv.layers.last=9", composer=mine)
    assert kv["parts"]["layered"]["layers"] == {"first": 1, "last": 9}


def test_composed_is_no_option_by_itself() -> None:
    assert "composed" in KV_METHODS.names()
    assert "composed" not in composer.options("kv")


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["kv=[]"], "kv=[]: the list is empty; `evalrun ls kv` lists KV methods"),
        (["kv=[snapvk,kivi]"], "unknown kv 'snapvk': did you mean 'snapkv'?"),
        (["kv=[snapkv,snapkv]"], "kv=[snapkv,snapkv]: snapkv stands there twice"),
        (["kv=[snapkv,3]"], "kv=[snapkv,3]: kv takes the name of one kv, or a list of names"),
        (
            ["kv=[snapkv-0.5,kivi]"],
            "kv=[snapkv-0.5,kivi]: 'snapkv-0.5' cannot stand in a list; "
            "give its file a name of letters, digits, - and _",
        ),
        (["kv=[snapkv,kivi]", "kv.bist=4"], "unknown key 'kv.bist': did you mean 'bits'?"),
        (
            ["kv=[snapkv,kivi]", "kv.parts.snapvk.budget=4"],
            "kv.parts.snapvk has no method: did you mean 'snapkv'?",
        ),
        (
            ["kv=[snapkv,kivi]", "kv.parts.snapkv.bugdet=4"],
            "unknown key 'kv.parts.snapkv.bugdet': did you mean 'budget'?",
        ),
        (["kv=[snapkv,kivi]", "kv.parts=4"], "kv.parts: expected object, got int"),
        (
            ["kv=[snapkv,tova]"],
            "kv=[snapkv,tova]: both choose which tokens stay (eviction); choose one",
        ),
        (["kv=full,[snapkv,kivi]"], "kv=full,[snapkv,kivi]: several runs need --multirun"),
        (["~kv=[snapkv,kivi]"], "~kv=[snapkv,kivi]: keys cannot be deleted"),
    ],
)
def test_a_wrong_list_is_one_line_with_the_way_out(overrides: list[str], message: str) -> None:
    assert error_of(*overrides) == message
