"""What an agreement test is told, as it stands in `recipes/agreement/*.yaml`."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import msgspec

from ...core.config import RecipeInfo
from ...core.errors import ConfigError
from ...core.options import to_options
from ...core.schema import NonNegative, Options, Positive, Section
from ..compose import Composer

Variant = Literal["official", "fixed"]
CorrelationName = Literal["kendall", "pearson"]
Strategy = Literal[
    "random", "top_aggregate", "middle_aggregate", "bottom_aggregate", "somewhere_aggregate"
]


class AggregateOptions(Options, frozen=True):
    """The reference that every benchmark is compared with: an aggregate of others.

    - `scenarios`: those; none listed means all there are.
    - `min_scenarios`: in how many of them a model needs scores; null is a third of them.
    - `score`: `mean_win_rate`, the mean share of the other models that a model beats in a scenario,
      or the `mean` of its scores.
    """

    scenarios: tuple[str, ...] = ()
    min_scenarios: Positive | None = None
    score: Literal["mean_win_rate", "mean"] = "mean_win_rate"


class AgreementOptions(Options, frozen=True):
    """One agreement test.

    - `fetch`: where `evalrun fetch` gets the files of `data_dir`.
    - `data_dir`: a catalog in BenchBench's layout.
    - `variant`: `official` does what IBM's code does, `fixed` what it means to do.
    - `scenarios`: those of the catalog that are compared, beside the sources that are named to the
      command; none listed means all.
    - `correlations`: what agreement is measured by.
    - `n_models`: sizes of the subsets of models that correlations are of; 0: all shared ones.
    - `strategies`: how the models of a subset are chosen.
    - `experiments`: how often a subset is chosen.
    - `min_shared`: pairs with fewer shared models are left out.
    - `seed`: where random choices begin.
    - `matrix`: adds the table of all pairs.
    """

    recipe: RecipeInfo = RecipeInfo(name="agreement", title="Benchmark agreement")
    fetch: Section | None = None
    data_dir: str | None = None
    variant: Variant = "fixed"
    aggregate: AggregateOptions = AggregateOptions()
    scenarios: tuple[str, ...] = ()
    correlations: Annotated[tuple[CorrelationName, ...], msgspec.Meta(min_length=1)] = ("kendall",)
    strategies: Annotated[tuple[Strategy, ...], msgspec.Meta(min_length=1)] = ("random",)
    n_models: Annotated[tuple[NonNegative, ...], msgspec.Meta(min_length=1)] = (0,)
    experiments: Positive = 10
    min_shared: Annotated[int, msgspec.Meta(ge=2)] = 5
    seed: NonNegative = 0
    matrix: bool = False


class Request(msgspec.Struct, frozen=True):
    """What the command was asked for: leaderboards and runs of the user, and how to test them."""

    sources: tuple[Path, ...]
    options: AgreementOptions


def read_request(composer: Composer, arguments: Sequence[str]) -> Request:
    """Return `[SOURCE ...] [recipe=NAME] [key=value ...]` with the recipe's options filled in.

    An argument with `=` is an override, unless a file of that name exists. Raises ConfigError.
    """
    sources = [a for a in arguments if "=" not in a or Path(a).exists()]
    overrides = [_as_yaml(a) for a in arguments if a not in sources]
    names = [o.partition("=")[2] for o in overrides if o.startswith("recipe=")]
    rest = [o for o in overrides if not o.startswith("recipe=")]
    recipe = composer.file("agreement", names[-1]) if names else None
    options = to_options(_with_lists(_merged(recipe, rest)), AgreementOptions)
    if not sources and options.data_dir is None:
        raise ConfigError("nothing to compare: name CSV files or run folders, or recipe=benchbench")
    return Request(tuple(map(Path, sources)), options)


def _as_yaml(override: str) -> str:
    """Return an override in which a,b,... is the list that it looks like."""
    key, _, value = override.partition("=")
    is_list = "," in value and not value.startswith(("[", "{", '"', "'"))
    return f"{key}=[{value}]" if is_list else override


def _with_lists(section: dict[str, Any]) -> dict[str, Any]:
    """Return `section` with a lone value where a list is wanted as a list of one."""
    fields = msgspec.structs.fields(AgreementOptions)
    lists = {field.name for field in fields if isinstance(field.default, tuple)}
    return {
        key: [value] if key in lists and isinstance(value, (str, int)) else value
        for key, value in section.items()
    }


def _merged(recipe: Path | None, overrides: Sequence[str]) -> dict[str, Any]:
    from omegaconf import OmegaConf

    with _one_line_errors(str(recipe)):
        tree = OmegaConf.load(recipe) if recipe else OmegaConf.create()
    for override in overrides:
        with _one_line_errors(override):
            tree = OmegaConf.merge(tree, OmegaConf.from_dotlist([override]))
    with _one_line_errors(str(recipe)):
        return cast("dict[str, Any]", OmegaConf.to_container(tree, resolve=True))


@contextmanager
def _one_line_errors(what: str) -> Generator[None]:
    """Turn what a library says of a faulty `what` into a ConfigError of one line."""
    from omegaconf.errors import OmegaConfBaseException
    from yaml import YAMLError

    try:
        yield
    except (OmegaConfBaseException, YAMLError) as error:
        raise ConfigError(f"{what}: {' '.join(str(error).split())}") from None
