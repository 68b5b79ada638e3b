"""Grading JavaBench: classes put into a reference project, compiled and tested."""

from .scorer import JavaBenchOptions, JavaBenchScorer

__all__ = ["JavaBenchOptions", "JavaBenchScorer"]
