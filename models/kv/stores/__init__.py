"""How methods store the keys and values of a prompt, and which of them they read."""
