"""What Hydra makes of overrides, each choice of options being composed once.

Reading a tree and merging it takes Hydra about a tenth of a second, and a sweep asks for the same
options again and again, with other values of plain keys. Hydra sets those last, in order, by
`OmegaConf.update`; so do we, on a copy of what it composed of the options alone.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from ..core.config import Generation, RunOptions
from ..core.errors import ConfigError

# What the schema fills in, so that recipes can refer to it: ${run.seed}.
DEFAULTS = {
    "run": msgspec.to_builtins(RunOptions()),
    "generation": msgspec.to_builtins(Generation()),
}
_Choices = Mapping[str, str | None]


class Composition:
    """Composes the tree at `root`, in which Hydra looks first, and `others`.

    `check` is shown which options were chosen, by defaults as well, and may refuse them.
    """

    def __init__(
        self, root: Path, others: Sequence[Path], check: Callable[[_Choices], None]
    ) -> None:
        self._root = root
        self._others = [f"file://{folder}" for folder in others]
        self._check = check
        self._parser: Any = None
        self._parsed: dict[str, Any] = {}
        # Trees as pickles: read again five times as fast as a tree is copied.
        self._trees: dict[tuple[str, ...], bytes] = {}

    def parsed(self, line: str) -> Any:
        """Return an override as Hydra understands it. Raises ConfigError."""
        from hydra.core.override_parser.overrides_parser import OverridesParser
        from hydra.errors import HydraException

        if "=" not in line:
            raise ConfigError(f"{line!r} is not an override: write key=value")
        if line not in self._parsed:
            self._parser = self._parser or OverridesParser.create()
            try:
                self._parsed[line] = self._parser.parse_override(line)
            except HydraException as error:
                reason = str(error).partition("See http")[0].strip()
                raise ConfigError(f"{line}: {reason}; put odd values in quotes") from None
        return self._parsed[line]

    def composed(self, overrides: Sequence[str]) -> dict[str, Any]:
        """Return the configuration that `overrides` make, resolved. Raises ConfigError."""
        from hydra.errors import HydraException
        from omegaconf import OmegaConf
        from omegaconf.errors import OmegaConfBaseException
        from yaml import YAMLError

        settings = [line for line in overrides if self._is_setting(line)]
        chosen = tuple(line for line in overrides if line not in settings)
        try:
            tree = self._chosen(chosen)
            for line in settings:
                override = self.parsed(line)
                OmegaConf.update(
                    tree, override.key_or_group, override.value(), merge=True, force_add=True
                )
            _fill_in(tree)
            resolved = OmegaConf.to_container(tree, resolve=True, throw_on_missing=True)
        except (HydraException, OmegaConfBaseException, YAMLError) as error:
            raise ConfigError(_one_line(error)) from None
        return cast("dict[str, Any]", resolved)

    def _is_setting(self, line: str) -> bool:
        """Whether an override sets a plain key, which no choice of options can depend on.

        A key with a dot is the name of no group. A sweep is for Hydra to refuse.
        """
        override = self.parsed(line)
        plain = override.is_force_add() and not override.is_sweep_override()
        return plain and override.package is None and "." in override.key_or_group

    def _chosen(self, overrides: tuple[str, ...]) -> Any:
        """Return the tree of the chosen options."""
        if overrides not in self._trees:
            self._trees[overrides] = pickle.dumps(self._composed_by_hydra(overrides))
        return pickle.loads(self._trees[overrides])  # noqa: S301 - our own, of a line ago

    def _composed_by_hydra(self, overrides: Sequence[str]) -> Any:
        from hydra import compose, initialize_config_dir
        from omegaconf import OmegaConf

        searched = [f"hydra.searchpath={_quoted(self._others)}"] if self._others else []
        with initialize_config_dir(str(self._root), version_base="1.3"):
            tree = compose("config", [*overrides, *searched], return_hydra_config=True)
        self._check(tree.hydra.runtime.choices)
        OmegaConf.set_struct(tree, value=False)
        del tree["hydra"]
        return tree


def _fill_in(tree: Any) -> None:
    """Merge `tree` into the defaults, in place: the rest of it is much larger."""
    from omegaconf import OmegaConf

    sections = OmegaConf.masked_copy(tree, list(DEFAULTS))
    tree.merge_with(OmegaConf.merge(DEFAULTS, sections))


def _quoted(words: Sequence[str]) -> str:
    return msgspec.json.encode(words).decode()


def _one_line(error: BaseException) -> str:
    """Return what a library says of a faulty configuration, without its search paths."""
    text = str(error.__cause__ or "") or str(error)
    for tail in ("Config search path", "Available options"):
        text = text.partition(tail)[0]
    return " ".join(text.split())
