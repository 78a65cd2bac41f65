"""What a message wants from the assistant: talk, code, an explanation or help with trouble."""

from .detection import detect
from .opinions import SCHEMA, question, read_opinion
from .prompts import prompt
from .values import Earlier, Intent, Mode

__all__ = ["SCHEMA", "Earlier", "Intent", "Mode", "detect", "prompt", "question", "read_opinion"]
