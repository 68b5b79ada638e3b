"""HiBench (Jiang et al. 2025): trees, JSON, formulas, code and papers, from files or a seed."""

from .benchmark import HiBench

__all__ = ["HiBench"]
