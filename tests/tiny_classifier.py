"""A random token classifier in the shape of LLMLingua-2's, saved as a folder of weights."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

TEXT = (
    "The access code for river is 48213. The mountain is high, and the cat sat on the mat? "
    "Yes, it did. Whatever else is said here, the words stay apart from each other."
)
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>", "<mask>")
UNKNOWN = SPECIAL.index("<unk>")


def save_classifier(folder: Path, seed: int = 0) -> Path:
    """Save an XLM-RoBERTa of two small layers with two labels, and a Unigram tokenizer."""
    import torch
    from transformers import XLMRobertaConfig, XLMRobertaForTokenClassification

    size = _save_tokenizer(folder)
    torch.manual_seed(seed)
    config = XLMRobertaConfig(
        vocab_size=size,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        max_position_embeddings=514,
        type_vocab_size=1,
        num_labels=2,
        bos_token_id=0,
        pad_token_id=1,
        eos_token_id=2,
        # Random weights of the usual size find every word equally needful; larger ones do not.
        initializer_range=0.5,
    )
    XLMRobertaForTokenClassification(config).save_pretrained(folder)
    return folder


def tiktoken_files() -> Path:
    """Return the folder of tiktoken's files that the package litellm carries."""
    spec = find_spec("litellm")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "litellm_core_utils" / "tokenizers"


def _save_tokenizer(folder: Path) -> int:
    """Save a tokenizer with the steps of XLM-RoBERTa's own; return the size of its vocabulary."""
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers
    from transformers import XLMRobertaTokenizer

    pieces = _pieces()
    raw = Tokenizer(models.Unigram(pieces, unk_id=UNKNOWN))
    raw.add_special_tokens(list(SPECIAL))
    raw.normalizer = normalizers.Sequence(
        [normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    raw.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()]
    )
    raw.decoder = decoders.Metaspace()
    # The class writes the names of the special tokens; the steps are those above.
    XLMRobertaTokenizer().save_pretrained(folder)
    raw.save(str(folder / "tokenizer.json"))
    return len(pieces)


def _pieces() -> list[tuple[str, float]]:
    """Return (piece, log probability): letters, and the first half of each longer word."""
    letters = sorted(set(TEXT) - {" "})
    halves = sorted({f"▁{word[: len(word) // 2]}" for word in TEXT.split() if len(word) > 3})
    usual = [(piece, -2.0) for piece in ("▁", "▁the", "▁is", "?", ".")]
    taken = {piece for piece, _ in usual}
    return [
        *((piece, 0.0) for piece in SPECIAL),
        *usual,
        *((piece, -4.0) for piece in halves),
        *((piece, -8.0) for piece in letters if piece not in taken),
    ]
