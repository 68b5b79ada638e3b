"""Flow control in front of a client: how many calls, how fast, how long, and how often again."""
