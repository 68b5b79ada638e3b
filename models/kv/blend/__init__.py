"""CacheBlend: keys and values of text chunks that are computed once and blended into prompts."""
