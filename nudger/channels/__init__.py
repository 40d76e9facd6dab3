"""Wires out: one provider, one file."""
