"""Synthesis method by method: a skeleton with holes, filled one call after another."""

from .protocol import ByMethod, ByMethodOptions

__all__ = ["ByMethod", "ByMethodOptions"]
