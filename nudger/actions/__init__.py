"""The hands: one verb, one file."""
