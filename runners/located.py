"""Which folder a run belongs in, told from its parts without loading anything."""

from __future__ import annotations

from typing import Any

import msgspec

from ..core.config import Config
from ..core.interfaces import Described
from ..models.kv.rewriting import split
from .build import Parts
from .folder import RunFolder, folder_of


class Located(msgspec.Struct, frozen=True):
    """The folder of a run, which need not exist yet, and what identifies its data and model."""

    folder: RunFolder
    provenance: dict[str, Any]


def located(config: Config, parts: Parts) -> Located:
    """Return where the run of `config` has its folder. Raises OSError for data that is missing."""
    provenance = {"data": parts.benchmark.provenance(), "model": parts.model.provenance()}
    if isinstance(parts.protocol, Described):
        provenance["protocol"] = parts.protocol.provenance()
    if parts.roles:
        provenance["roles"] = {role: p.model.provenance() for role, p in parts.roles.items()}
    rewriter, _ = split(parts.kv)
    if rewriter is not None:
        provenance["kv"] = rewriter.provenance()
    label = None if parts.kv.label == "full" else parts.kv.label
    return Located(folder_of(config, label, provenance), provenance)
