"""Two runs on the same samples: which is better, and whether chance explains it."""
