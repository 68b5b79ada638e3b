"""The presses of kvpress that the torch endpoint does not run, and why."""

from __future__ import annotations

_BASE = "it is a base class and compresses nothing"
_DECODING = "it works while replies are decoded; the torch endpoint compresses prompts"
_DOWNLOADS = (
    "it downloads what it needs by the published name of a model, at no fixed revision; "
    "the torch endpoint downloads nothing"
)
_POSITIONS = (
    "it moves the kept keys to the positions 0, 1, 2, ...; the torch endpoint goes on counting "
    "from the length of the prompt"
)

REFUSED = {
    "BasePress": _BASE,
    "CAMPress": _DECODING,
    "CompressionRatioDecodingPress": _DECODING,
    "DMSPress": "it needs kvpress's own attention, which resets what it masks",
    "DecodingPress": _DECODING,
    "DuoAttentionPress": _DOWNLOADS,
    "FastKVzipPress": _DOWNLOADS,
    "FinchPress": "it needs a token of its own between context and question",
    "KVComposePress": "it runs the prompt twice, with eager attention",
    "KVPressTextGenerationPipeline": "it is a pipeline, not a press",
    "KVgradPress": "it needs gradients, which the torch endpoint does not compute",
    "KVzapPress": _DOWNLOADS,
    "KVzipPress": "it has a method of its own: kv=kvzip",
    "KeyRerotationPress": _POSITIONS,
    "LUKVPress": _DOWNLOADS,
    "ObservedAttentionPress": "it needs eager attention; kv=h2o does without",
    "PrefillDecodingPress": _DECODING,
    "QFilterPress": _DOWNLOADS,
    "RestoreKVPress": _DOWNLOADS,
    "ScorerPress": _BASE,
}

# Presses that download unless a setting names a local folder.
NEEDS_FOLDER = {"ExpectedAttentionStatsPress": "stats_folder"}
