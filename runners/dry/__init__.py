"""Runs that ask nothing: how many requests and tokens they would take, and what that costs."""
