"""Libraries without progress bars."""

from __future__ import annotations

import io
import sys
from collections.abc import Generator
from contextlib import contextmanager, nullcontext, redirect_stderr


@contextmanager
def quiet_transformers() -> Generator[None]:
    """Show no progress bars of transformers inside the block: loading takes a moment at most."""
    from transformers.utils import logging

    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        if shown:
            logging.enable_progress_bar()


@contextmanager
def quiet_off_terminals() -> Generator[None]:
    """Show no bars of libraries that cannot be asked for it, unless somebody watches."""
    with nullcontext() if sys.stderr.isatty() else redirect_stderr(io.StringIO()):
        yield
