"""The 58 instructions of IFBench that LiveBench uses, by family.

Source: Pyatkin et al. 2025 (arXiv 2507.02833), and `if_runner/ifbench/instructions.py` of
LiveBench/LiveBench, commit b0fb577, whose readings of them are kept.
"""
