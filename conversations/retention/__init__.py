"""Retention: how long things are kept, who is told before they go, what is held, and what a night deletes."""
