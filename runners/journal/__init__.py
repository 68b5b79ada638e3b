"""Replies kept one by one as they come, so that none is asked for again after a crash."""
