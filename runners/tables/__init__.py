"""Tables for people, and how results and layouts become tables."""
