"""PokerBench: decisions in No Limit Texas Hold'em, against a solver's and against a model."""

from .benchmark import PokerBench
from .match import PokerBenchMatch

__all__ = ["PokerBench", "PokerBenchMatch"]
