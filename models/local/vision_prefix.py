"""What a model of images has encoded last, for prompts that begin alike."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from transformers import DynamicCache

from ...core.content import ImagePart, Message

# Kinds whose images are nothing but embeddings at their own tokens, and whose positions are plain
# counts: of these a cached beginning can be continued without its images.
_CONTINUABLE = frozenset(["idefics3", "llava", "smolvlm"])


class EncodedPrefix:
    """The keys and values of the newest prompt, used again as far as the next one is the same.

    Passes over one image, and turns of one conversation, so have it encoded once. Only whole images
    are reused: a prompt with another image, or one that comes later, is encoded from its beginning.
    Models of kinds that cannot be continued so are never.
    """

    def __init__(self, model: Any) -> None:
        text = model.config.get_text_config(decoder=True)
        sliding = getattr(text, "sliding_window", None)
        self._continuable = model.config.model_type in _CONTINUABLE and not sliding
        self._image_token = getattr(model.config, "image_token_id", None)
        self._config = text
        self._ids: list[int] = []
        self._images: tuple[ImagePart, ...] = ()
        self._cache: DynamicCache | None = None

    def of(self, ids: list[int], images: tuple[ImagePart, ...]) -> tuple[DynamicCache | None, int]:
        """Return a cache that holds the beginning of a prompt, and how many of its tokens `ids`.

        Where there are any, the images need not be encoded. Whoever takes the cache hands it back
        by `keep`, or it is gone. None leaves it to the model what it keeps.
        """
        if not self._continuable:
            return None, 0
        cache, self._cache = self._cache, None
        known = min(_common(self._ids, ids), len(ids) - 1)
        if cache is None or images != self._images or self._image_token in ids[known:] or not known:
            return DynamicCache(config=self._config), 0
        cache.crop(known)
        return cache, known

    def keep(
        self, ids: list[int], images: tuple[ImagePart, ...], cache: DynamicCache | None
    ) -> None:
        """Hold the keys and values of a prompt; those of its reply are cut off."""
        if cache is not None:
            cache.crop(len(ids))
            self._ids, self._images, self._cache = ids, images, cache


def images_in(messages: Sequence[Message]) -> tuple[ImagePart, ...]:
    """Return the images of a conversation, in order."""
    parts = (part for m in messages if not isinstance(m.content, str) for part in m.content)
    return tuple(part for part in parts if isinstance(part, ImagePart))


def _common(first: Sequence[int], second: Sequence[int]) -> int:
    """Return how many tokens two prompts begin with alike."""
    length = min(len(first), len(second))
    return next((i for i in range(length) if first[i] != second[i]), length)
