"""What a judge is worth: what a constant reply scores with it, what the order of a pair does."""
