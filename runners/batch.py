"""Several runs one after another, sharing loaded models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..core.config import Config
from ..core.errors import EXIT_INTERRUPTED, EXIT_OK, EvalrunError
from .build import model_key
from .runs import Finished, Prepared, perform, prepare


def run_all(
    configs: Sequence[Config],
    *,
    quiet: bool,
    begun: Callable[[Prepared], None],
    ended: Callable[[Prepared, Finished | EvalrunError], None],
) -> int:
    """Perform the runs of `configs` and return the exit code: the first that is not 0.

    Everything that is missing is said before the first run starts. A run that fails does not stop
    the others; an interruption does. Raises ConfigError, ProblemsError.
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
        if model_key(run.config) not in {model_key(later.config) for later in runs[index + 1 :]}:
            run.parts.model.release()
    return code
