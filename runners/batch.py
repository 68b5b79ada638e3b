"""Several runs one after another, sharing loaded models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..core.config import Config
from ..core.errors import EXIT_INTERRUPTED, EXIT_OK, EvalrunError
from .build import models_of
from .runs import Finished, Prepared, perform, prepare
from .selfcheck.position import position_table
from .tables.table import Table


def run_all(
    configs: Sequence[Config],
    *,
    quiet: bool,
    begun: Callable[[Prepared], None],
    ended: Callable[[Prepared, Finished | EvalrunError], None],
    checked: Callable[[Table | EvalrunError], None] | None = None,
) -> int:
    """Perform the runs of `configs` and return the exit code: the first that is not 0.

    Everything that is missing is said before the first run starts. A run that fails does not stop
    the others; an interruption does. `checked` is told what `selfcheck=[position]` finds of
    runs that ended well. Raises ConfigError, ProblemsError.
    """
    runs = prepare(configs)
    code = EXIT_OK
    for index, run in enumerate(runs):
        begun(run)
        try:
            outcome: Finished | EvalrunError = perform(run, quiet=quiet)
        except EvalrunError as error:
            outcome = error
        ended(run, outcome)
        code = code or outcome.exit_code
        if outcome.exit_code == EXIT_INTERRUPTED:
            return EXIT_INTERRUPTED
        if checked is not None and _is_whole(outcome):
            code = _check_position(run, checked, quiet=quiet) or code
        _release_unneeded(run, runs[index + 1 :])
    return code


def _is_whole(outcome: Finished | EvalrunError) -> bool:
    """Whether a run ended well, and not only a shard of it."""
    return isinstance(outcome, Finished) and (outcome.exit_code, outcome.state) == (
        EXIT_OK,
        "complete",
    )


def _check_position(
    run: Prepared, checked: Callable[[Table | EvalrunError], None], *, quiet: bool
) -> int:
    """Return the exit code of the check, if the run asks for it."""
    if "position" not in run.config.selfcheck:
        return EXIT_OK
    try:
        checked(position_table(run, quiet=quiet))
    except EvalrunError as error:
        checked(error)
        return error.exit_code
    return EXIT_OK


def _release_unneeded(run: Prepared, later: Sequence[Prepared]) -> None:
    """Let go of the models of `run` that no later run asks."""
    needed = {id(model) for other in later for model in models_of(other.parts)}
    for model in models_of(run.parts):
        if id(model) not in needed:
            model.release()
