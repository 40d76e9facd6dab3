"""The head: what is true about couples and nudges, in the standard library alone."""
