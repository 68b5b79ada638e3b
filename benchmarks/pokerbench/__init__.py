"""PokerBench: decisions in No Limit Texas Hold'em, against a solver's."""

from .benchmark import PokerBench

__all__ = ["PokerBench"]
