"""The fast path to servers that speak OpenAI's API."""
