"""The scoring rules of HiBench."""

from .scorer import HiBenchOptions, HiBenchScorer

__all__ = ["HiBenchOptions", "HiBenchScorer"]
