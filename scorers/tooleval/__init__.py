"""ToolEval of ToolLLM (Qin et al. 2023): pass rate and win rate of agents, as a judge sees them."""

from .scorer import ToolEvalScorer

__all__ = ["ToolEvalScorer"]
