"""Summaries of sessions: figures at once, words afterwards, by a model or else from its own sentences."""

from .metrics import Measured, measure
from .sessions import Session, begin, find, rate, regenerate, session_of, write_again
from .write import KIND

__all__ = ["KIND", "Measured", "Session", "begin", "find", "measure", "rate", "regenerate", "session_of", "write_again"]
