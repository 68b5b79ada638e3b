"""Presses for kvpress: methods that kvpress does not have. They need the extra `local`."""
