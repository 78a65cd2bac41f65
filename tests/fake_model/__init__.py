"""A fake model server that speaks Ollama's and OpenAI's protocols, and breaks them on request; see README.md."""

from .process import spawn
from .server import FakeModel
from .text import answer_text, answer_tokens, thinking_text

__all__ = ["FakeModel", "answer_text", "answer_tokens", "spawn", "thinking_text"]
