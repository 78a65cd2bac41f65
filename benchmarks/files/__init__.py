"""How long uploaded files take to be read."""
