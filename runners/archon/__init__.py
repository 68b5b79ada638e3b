"""Archon: layers of generators, critics, rankers, fusers, verifiers and unit tests for one answer.

After Archon (Saad-Falcon et al. 2024, arXiv 2409.15254), ScalingIntelligence/Archon at 07114d7.
"""
