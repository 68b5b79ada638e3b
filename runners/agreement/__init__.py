"""Benchmark agreement testing: how far benchmarks order the same models the same way."""
