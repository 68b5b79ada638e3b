"""ITAS: a search for a good Archon architecture, with any recipe's scorer as the judge.

After Archon (arXiv 2409.15254), src/archon/itas_algorithms/ of ScalingIntelligence/Archon at
commit 07114d7. What is published cannot run as it stands; what it means to do is done here.
"""
