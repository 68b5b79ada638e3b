"""Conversations between models, each of which knows its own side alone."""
