"""The one renderer: Markdown in, safe HTML out, whole or while it is still being written."""

from .live import LiveBlocks
from .page import blocks, plain, render

__all__ = ["LiveBlocks", "blocks", "plain", "render"]
