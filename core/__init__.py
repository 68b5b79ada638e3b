"""The nouns of evalrun as typed, immutable data; errors; helpers without dependencies."""
