"""Random models of images, of two small layers, with a tokenizer of bytes, saved as weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

END, BEGIN, IMAGE, POSITIONS = "<|im_end|>", "<|im_start|>", "<image>", 256
# Tokens of an image of one tile: 2 x 2 patches and none for the whole.
IMAGE_TOKENS = 4
TEMPLATE = (
    "{% for m in messages %}{% if m.role == 'tool' %}{{ raise_exception('no tools here') }}"
    "{% endif %}<|im_start|>{{ m.role }}\n{% for c in m.content %}{% if c.type == 'image' %}<image>"
    "{% else %}{{ c.text }}{% endif %}{% endfor %}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def save_vision(folder: Path) -> Path:
    """Save the model and its processor."""
    import torch
    from transformers import (
        CLIPImageProcessor,
        CLIPVisionConfig,
        LlamaConfig,
        LlavaConfig,
        LlavaForConditionalGeneration,
        LlavaProcessor,
    )

    tokenizer = _tokenizer()
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    vision = CLIPVisionConfig(**size, num_attention_heads=2, image_size=28, patch_size=14)
    end = tokenizer.convert_tokens_to_ids(END)
    text = LlamaConfig(
        **size,
        num_attention_heads=2,
        num_key_value_heads=2,
        vocab_size=len(tokenizer),
        max_position_embeddings=POSITIONS,
        eos_token_id=end,
        pad_token_id=end,
        # Random weights of the usual size hardly look at what stands before.
        initializer_range=0.5,
    )
    image_id = tokenizer.convert_tokens_to_ids(IMAGE)
    torch.manual_seed(0)
    config = LlavaConfig(
        vision_config=vision, text_config=text, image_token_index=image_id, vision_feature_layer=-1
    )
    LlavaForConditionalGeneration(config).save_pretrained(folder)
    LlavaProcessor(
        image_processor=CLIPImageProcessor(
            size={"shortest_edge": 28}, crop_size={"height": 28, "width": 28}
        ),
        tokenizer=tokenizer,
        patch_size=14,
        vision_feature_select_strategy="default",
        num_additional_image_tokens=1,
        image_token=IMAGE,
        chat_template=TEMPLATE,
    ).save_pretrained(folder)
    return folder


def save_idefics3(folder: Path) -> Path:
    """Save the kind of model that SmolVLM is, which cuts an image into tiles."""
    import torch
    from transformers import (
        Idefics3Config,
        Idefics3ForConditionalGeneration,
        Idefics3ImageProcessor,
        Idefics3Processor,
        LlamaConfig,
    )

    tokenizer = _tokenizer()
    tiles = [f"<row_{row}_col_{column}>" for row in range(1, 5) for column in range(1, 5)]
    marks = ["<fake_token_around_image>", "<global-img>", "<end_of_utterance>", *tiles]
    tokenizer.add_special_tokens({"additional_special_tokens": [IMAGE, *marks]})
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2}
    end = tokenizer.convert_tokens_to_ids(END)
    text = LlamaConfig(
        **size,
        num_attention_heads=2,
        num_key_value_heads=2,
        vocab_size=len(tokenizer),
        max_position_embeddings=1024,
        eos_token_id=end,
        pad_token_id=end,
        initializer_range=0.5,
    )
    torch.manual_seed(0)
    config = Idefics3Config(
        vision_config={**size, "num_attention_heads": 2, "image_size": 28, "patch_size": 7},
        text_config=text,
        scale_factor=2,
        image_token_id=tokenizer.convert_tokens_to_ids(IMAGE),
        pad_token_id=end,
    )
    Idefics3ForConditionalGeneration(config).save_pretrained(folder)
    processor = Idefics3ImageProcessor(
        size={"longest_edge": 56}, max_image_size={"longest_edge": 28}
    )
    Idefics3Processor(
        processor, tokenizer, image_seq_len=4, chat_template=TEMPLATE
    ).save_pretrained(folder)
    return folder


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = Tokenizer(models.BPE({byte: i for i, byte in enumerate(alphabet)}, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=BEGIN,
        eos_token=END,
        pad_token=END,
        additional_special_tokens=[IMAGE],
        clean_up_tokenization_spaces=False,
    )
