"""Promises in seconds, on machines that have other things to do."""

import os


def within(seconds: float) -> float:
    """Return how many seconds something may take now that is promised to take so many on a machine that is free: where
    more programs want to run than there are processors, each gets only its share of them."""
    return seconds * max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))
