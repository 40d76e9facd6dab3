"""YAML in: couples, schedules and pools, with every fault at its line and column."""
