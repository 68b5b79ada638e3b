"""What the command is told: sources, a recipe, overrides."""

from __future__ import annotations

from pathlib import Path

import pytest

from evalrun.core.errors import ConfigError
from evalrun.runners.agreement.options import AgreementOptions, read_request
from evalrun.runners.compose import Composer


def options_of(*arguments: str) -> AgreementOptions:
    return read_request(Composer(), arguments).options


def test_the_recipe_is_the_official_example() -> None:
    options = options_of("recipe=benchbench")
    assert options.variant == "official"
    assert (options.n_models, options.experiments, options.strategies) == ((10,), 3, ("random",))
    assert len(options.aggregate.scenarios) == 8
    assert len(options.scenarios) == 34
    assert options.fetch is not None
    assert options.fetch["revision"] == "1dfd46a6f5dbc6ca8b7728425f1991625a6d4088"


def test_the_recipe_shows_every_option() -> None:
    import msgspec
    import yaml

    section = yaml.safe_load(Composer().file("agreement", "benchbench").read_text("utf-8"))
    assert set(section) == {field.name for field in msgspec.structs.fields(AgreementOptions)}


def test_arguments_with_an_equals_sign_are_overrides_unless_such_a_file_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("a=b.csv").write_text("model,x\n")
    request = read_request(Composer(), ["a=b.csv", "runs", "seed=3", "recipe=benchbench"])
    assert request.sources == (Path("a=b.csv"), Path("runs"))
    assert request.options.seed == 3


@pytest.mark.parametrize(
    ("override", "value"),
    [
        ("n_models=0,10", (0, 10)),
        ("n_models=[5]", (5,)),
        ("n_models=0", (0,)),
    ],
)
def test_lists_are_written_as_in_runs(override: str, value: tuple[int, ...]) -> None:
    assert options_of("x.csv", override).n_models == value


def test_the_cache_folder_is_where_the_catalog_is_expected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EVALRUN_CACHE", "/cache")
    assert options_of("recipe=benchbench").data_dir == "/cache/data/benchbench"


def test_a_folder_of_the_users_recipes_is_searched(tmp_path: Path) -> None:
    (tmp_path / "agreement").mkdir()
    (tmp_path / "agreement" / "ours.yaml").write_text("seed: 7\ndata_dir: here\n")
    request = read_request(Composer((tmp_path,)), ["recipe=ours"])
    assert request.options.seed == 7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["recipe=benchbnch"], "unknown agreement 'benchbnch': did you mean 'benchbench'?"),
        (["x.csv", "n_model=3"], "unknown key 'n_model': did you mean 'n_models'?"),
        (["x.csv", "variant=fix"], "variant: invalid enum value 'fix'"),
        (["x.csv", "strategies=top"], "strategies[0]: invalid enum value 'top'"),
        (["x.csv", "n_models=[]"], "n_models: expected array of length >= 1"),
        (["x.csv", "min_shared=1"], "min_shared: expected int >= 2"),
        (["x.csv", "scenarios=[a"], "scenarios=[a: "),
        ([], "nothing to compare: name CSV files or run folders, or recipe=benchbench"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(arguments: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        read_request(Composer(), arguments)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
