"""Replies kept on disk, for other runs that ask the same."""
