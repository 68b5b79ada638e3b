"""Sandboxes: bubblewrap, and the engines of clusters."""
