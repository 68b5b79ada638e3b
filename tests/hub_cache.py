"""Models that lie in the hub's own cache layout, and the small files that they consist of."""

from __future__ import annotations

import json
from pathlib import Path

from servers.hub_server import REPO, REVISION, blob_id

CONFIG = {
    "model_type": "llama",
    "hidden_size": 64,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "num_hidden_layers": 2,
}
MODEL = {
    "config.json": json.dumps(CONFIG).encode(),
    "model.safetensors": b"weights" * 1000,
    "tokenizer.json": b'{"tokens": []}',
    "README.md": b"# Model\n",
    "pytorch_model.bin": b"a pickle",
    "consolidated.safetensors": b"the same weights again",
    "onnx/model.safetensors": b"and again",
}
WANTED = {"config.json", "model.safetensors", "tokenizer.json"}


def put_into_cache(cache: Path, files: dict[str, bytes], repository: str = REPO) -> Path:
    """Lay `files` out as the hub's client does; return the snapshot."""
    folder = cache / f"models--{repository.replace('/', '--')}"
    snapshot = folder / "snapshots" / REVISION
    for place in (folder / "refs", folder / "blobs", snapshot):
        place.mkdir(parents=True)
    (folder / "refs" / "main").write_text(REVISION)
    for name, content in files.items():
        (folder / "blobs" / blob_id(content)).write_bytes(content)
        (snapshot / name).symlink_to(Path("../../blobs") / blob_id(content))
    return snapshot
