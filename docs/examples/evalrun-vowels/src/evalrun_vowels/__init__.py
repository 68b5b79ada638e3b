"""Counting vowels, as a benchmark, a model, a scorer, a protocol and a KV method for evalrun.

Each part is a module that evalrun imports when a configuration names it, so this file imports none.
"""
