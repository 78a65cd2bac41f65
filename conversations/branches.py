"""Reading a branch backwards, in pieces, no further than somebody asks."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from . import context
from .models import Attachment, Message, Turn

# The first piece is about what a small window holds; each further one is twice as long.
FIRST_PIECE_TURNS = 12
LARGEST_PIECE_TURNS = 200
# More than a branch can have.
MOST_TURNS = 20_000
USER, ASSISTANT = Message.Role.USER, Message.Role.ASSISTANT


@dataclass(frozen=True, slots=True)
class Step:
    """One turn of a branch as the model sees it, and what it takes by our estimate, at least 1."""

    turn: uuid.UUID
    past: context.Past
    tokens: int


@dataclass(frozen=True, slots=True)
class Words:
    """What was said in one turn, as pairs of role and text; empty for a question that its model failed to answer."""

    turn: uuid.UUID
    said: tuple[tuple[str, str], ...]


class Branch:
    """The turns of a branch up to a leaf, newest first; each is read once, when it is first asked for."""

    def __init__(self, leaf_id: uuid.UUID | None):
        self.steps: list[Step] = []
        self._next = leaf_id
        self._piece = FIRST_PIECE_TURNS
        # The files of the whole conversation by turn: it has few or none.
        self._files: dict[uuid.UUID, list[Attachment]] | None = None

    def __iter__(self) -> Iterator[Step]:
        number = 0
        while number < len(self.steps) or self._read():
            yield self.steps[number]
            number += 1

    def words(self, number: int) -> Iterator[Words]:
        """Yield what was said from the step of that number on, back to the first turn, newest first.

        Beyond the steps that were read, only texts are read.
        """
        for step in self.steps[number:]:
            yield Words(step.turn, tuple((said.role, said.text) for said in step.past.messages))
        above = self._next
        while above is not None:
            turns = Turn.objects.branch_steps(above, LARGEST_PIECE_TURNS)
            yield from _words(turns)
            above = turns[-1][1]

    def far_back(self) -> list[context.Past]:
        """Return the files of the turns that were not read, oldest first."""
        if self._next is None:
            return []
        having = self._files_of(self._next).keys() - {step.turn for step in self.steps}
        if not having:
            return []
        above = [id for id in Turn.objects.branch_ids(self._next, limit=MOST_TURNS) if id in having]
        return [context.Past(messages=(), files=self._attached(id), far_back=True) for id in reversed(above)]

    def _read(self) -> bool:
        """Read the next piece; false if there is none."""
        if self._next is None:
            return False
        turns = Turn.objects.branch_words(self._next, self._piece)
        self._files_of(self._next)
        for id, _, status, messages in turns:
            past = context.exchange(messages, status=status, files=self._attached(id))
            self.steps.append(Step(turn=id, past=past, tokens=max(1, context.cost(past.messages))))
        self._next = turns[-1][1]
        self._piece = min(2 * self._piece, LARGEST_PIECE_TURNS)
        return True

    def _files_of(self, turn: uuid.UUID) -> dict[uuid.UUID, list[Attachment]]:
        if self._files is None:
            self._files = {}
            found = Attachment.objects.filter(message__turn__conversation__turns=turn)
            for each in found.select_related("file", "message"):
                assert each.message is not None
                self._files.setdefault(each.message.turn_id, []).append(each)
        return self._files

    def _attached(self, turn: uuid.UUID) -> tuple[context.Attached, ...]:
        return tuple(map(context.attached, (self._files or {}).get(turn, ())))


def _words(turns: list[tuple[uuid.UUID, uuid.UUID | None, str]]) -> Iterator[Words]:
    said: dict[uuid.UUID, list[tuple[str, str]]] = {}
    rows = Message.objects.filter(turn__in=[id for id, _, _ in turns], role__in=(USER, ASSISTANT)).exclude(text="")
    for turn, role, text in rows.order_by("turn", "position").values_list("turn_id", "role", "text"):
        said.setdefault(turn, []).append((role, text))
    for turn, _, status in turns:
        words = said.get(turn, [])
        answered = bool(words) and words[-1][0] == ASSISTANT
        yield Words(turn, () if status == Turn.Status.FAILED and not answered else tuple(words))
