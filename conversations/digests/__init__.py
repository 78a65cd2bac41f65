"""The beginning of a branch in short, once its messages no longer fit the window: made, chosen, kept and improved."""

from .improving import PROSE_TOKENS, improved, is_improved, request
from .keeping import Fitted, fit, message

__all__ = ["PROSE_TOKENS", "Fitted", "fit", "improved", "is_improved", "message", "request"]
