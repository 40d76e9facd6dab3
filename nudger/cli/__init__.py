"""Doors for operators: one file per command."""
