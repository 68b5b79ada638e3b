"""Models that judge a text instead of continuing it."""
