"""ToolBench of ToolLLM (Qin et al. 2023): questions that take calls of web APIs to answer."""

from .benchmark import ToolLLM

__all__ = ["ToolLLM"]
