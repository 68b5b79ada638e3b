"""Sparse attention of a prompt's own queries, exact to the pair of query and key."""
