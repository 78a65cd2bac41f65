"""What of the attached files a model is sent: all of it where it fits, else the passages that answer the question."""

from .choice import Chosen, choose, tokens_of

__all__ = ["Chosen", "choose", "tokens_of"]
