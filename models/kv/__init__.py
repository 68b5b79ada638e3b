"""KV-cache methods and their measurement."""
