"""Answer extraction, metrics, judges, statistics."""
