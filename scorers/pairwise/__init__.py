"""Which of two texts a judge prefers: the order they stand in, its words, and how much it means."""
