"""Nudger sends couples small, well-timed nudges by text and email."""
