"""What the assistant can look up for the person who asks: identity comes from the turn, never from arguments."""

from . import outside
from .labels import label
from .toolbox import likely, offered

__all__ = ["label", "likely", "offered", "outside"]
