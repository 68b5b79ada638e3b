"""Endpoints: models that can be called."""
