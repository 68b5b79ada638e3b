"""Runs as jobs: on a cluster, or in the background of this machine."""
