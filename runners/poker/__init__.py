"""Hands of poker between models."""
