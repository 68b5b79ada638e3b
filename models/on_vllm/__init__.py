"""Models on vLLM: in this process, or behind a server of evalrun's own."""
