"""Pictures for models that can see them, and what the others get instead."""

from collections.abc import Sequence

from ..errors import ModelError
from ..values import Message

UNSEEN_PICTURE = "[A picture was attached here. This model cannot see pictures.]"
TYPES = ((b"\x89PNG", "image/png"), (b"\xff\xd8", "image/jpeg"), (b"GIF8", "image/gif"), (b"RIFF", "image/webp"))


def require_sight(*, messages: Sequence[Message], model: str, sees: bool) -> None:
    """Raise `ModelError` if the last question has a picture that the model cannot see."""
    if not sees and any(message.images for message in messages):
        question = next((message for message in reversed(messages) if message.role == "user"), None)
        if question and question.images:
            raise ModelError("model_refused", f"{model} cannot see pictures. Choose a model that can.")


def text_without_sight(message: Message) -> str:
    """Return the text of a message for a model that cannot see its pictures: a note stands for each."""
    return "\n".join((message.text, *(UNSEEN_PICTURE for _ in message.images)))


def media_type(image: bytes) -> str:
    """Return the media type of a picture by its first bytes, PNG when they say nothing."""
    return next((name for magic, name in TYPES if image.startswith(magic)), "image/png")
