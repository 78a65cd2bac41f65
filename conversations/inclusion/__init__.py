"""What of the attached files a model is sent: all of it where it fits, else the passages that answer the question."""

from .choice import Chosen, choose, tokens_of
from .meaning import Meaning, MeaningWanted

__all__ = ["Chosen", "Meaning", "MeaningWanted", "choose", "tokens_of"]
