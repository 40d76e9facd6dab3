"""Processes: the daemon and its shutdown."""
