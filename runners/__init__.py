"""The engine: composing, scheduling, storing, protocols, tables."""
