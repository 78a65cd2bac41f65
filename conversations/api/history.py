"""What was said in a conversation, a part of one branch at a time."""

import uuid
from dataclasses import dataclass

from django.utils.translation import gettext
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from chatsite.ids import uuid_or
from chatsite.queries import StrictQuery

from .. import lifecycle, live, turns
from ..errors import Invalid, NotFound
from ..models import Conversation, Message, Turn
from . import described
from .links import absolute
from .pagination import PAGE_SIZE, PARAMETERS, InvalidPagination, page_size
from .serializers import HistorySerializer

# A cursor is one of these and the id of the turn that it is counted from.
EARLIER, LATER = "before-", "after-"


@dataclass(frozen=True, slots=True)
class Part:
    """Some turns of a branch, oldest first, with the cursors for what comes before and after them."""

    turns: list[Turn]
    earlier: str | None
    later: str | None

    @property
    def messages(self) -> list[Message]:
        """What was said in these turns, up to this moment where an answer is being written."""
        return [so_far(message, turn.conversation_id) for turn in self.turns for message in turn.messages.all()]


@described.history("read_messages")
class HistoryView(StrictQuery, GenericAPIView):
    """The messages of one branch, oldest first, in pages of whole turns; the first page holds the newest."""

    serializer_class = HistorySerializer
    query_parameters = PARAMETERS | {"leaf"}

    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        conversation = lifecycle.find(conversation_id=conversation_id, user=request.user)
        leaf_id = _leaf(conversation, request)
        cursor = request.query_params.get("cursor")
        part = read(conversation=conversation, leaf_id=leaf_id, size=page_size(request), cursor=cursor)
        query = {**request.query_params.dict(), "leaf": leaf_id}
        links = {
            name: cursor and absolute(request, request.path, **{**query, "cursor": cursor})
            for name, cursor in (("next", part.later), ("previous", part.earlier))
        }
        return Response(self.get_serializer({"messages": part.messages, **links}).data)


@described.history("read_history")
class ChatHistoryView(HistoryView):
    """The same under another address."""


def read(
    *, conversation: Conversation, leaf_id: uuid.UUID | None, size: int = PAGE_SIZE, cursor: str | None = None
) -> Part:
    """Return up to `size` turns of the branch that ends in `leaf_id`, by default its last ones; a constant number of
    queries, however long the conversation is. Raises InvalidPagination."""
    if cursor is None:
        return _part(Turn.objects.branch(leaf_id, limit=size + 1), size, leaf_id)
    way, at = _place(cursor)
    if way == LATER:
        after = conversation.turns.filter(pk=at).first()
        found = Turn.objects.branch_after(leaf_id, after, limit=size) if after else []
        if not found or found[0].parent_id != at:
            raise InvalidPagination
        return Part(turns=found, earlier=f"{EARLIER}{found[0].pk}", later=_later(found, leaf_id))
    found = Turn.objects.branch(at, limit=size + 2)
    if not found or found[-1].conversation_id != conversation.pk:
        raise InvalidPagination
    return _part(found[:-1], size, leaf_id)


def so_far(message: Message, conversation_id: uuid.UUID) -> Message:
    """Return the message with what has been said up to this moment, as far as this process hears it."""
    if message.is_growing and (feed := live.current().get(str(conversation_id))):
        growing = feed.messages.get(str(message.pk))
        if growing is not None and growing.seq >= message.seq:
            message.text, message.thinking = growing.text, growing.thinking
    return message


def _part(found: list[Turn], size: int, leaf_id: uuid.UUID | None) -> Part:
    """Return the last `size` turns; one more in front of them says that there are earlier ones."""
    shown = found[-size:]
    earlier = f"{EARLIER}{shown[0].pk}" if len(found) > size else None
    return Part(turns=shown, earlier=earlier, later=_later(shown, leaf_id))


def _later(shown: list[Turn], leaf_id: uuid.UUID | None) -> str | None:
    return f"{LATER}{shown[-1].pk}" if shown and shown[-1].pk != leaf_id else None


def _place(cursor: str) -> tuple[str, uuid.UUID]:
    for way in (EARLIER, LATER):
        if cursor.startswith(way):
            return way, uuid_or(InvalidPagination, cursor.removeprefix(way))
    raise InvalidPagination


def _leaf(conversation: Conversation, request: Request) -> uuid.UUID | None:
    asked = request.query_params.get("leaf")
    if asked is None:
        return conversation.leaf_id
    turn_id = uuid_or(Invalid(gettext("leaf is the id of a turn."), code="invalid"), asked)
    turn = turns.find(turn_id=turn_id, user=request.user)
    if turn.conversation_id != conversation.pk:
        raise NotFound
    return turn.pk
