"""Which environment variables hold keys, told to whatever may print them."""

from __future__ import annotations

import os
from collections.abc import Iterator

from ..core.config import Config
from ..core.redact import with_secret_variables


def mask_keys_of(config: Config) -> None:
    """From here on, no message of this process and its children shows the keys `config` names."""
    os.environ.update(with_secret_variables(os.environ, _key_variables(config)))


def _key_variables(config: Config) -> Iterator[str]:
    """Yield the environment variables that models take their keys from."""
    for section in (config.model, config.judge, *config.roles.values()):
        yield from (str(value) for key, value in section.items() if key.endswith("_env") and value)
