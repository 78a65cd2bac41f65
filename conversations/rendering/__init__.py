"""The one renderer: Markdown in, safe HTML out, whole or while it is still being written."""

from .labels import translated
from .live import LiveBlocks
from .page import blocks, plain, ready_blocks, render

__all__ = ["LiveBlocks", "blocks", "plain", "ready_blocks", "render", "translated"]
