"""The line of calls that wait for a place at one model server: fair between people, and everybody sees where they
stand."""

import asyncio
from collections import Counter, deque
from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass, field
from itertools import zip_longest


@dataclass(eq=False, slots=True)
class Entry:
    """Somebody who waits; `tell` hears how many are ahead, `limit` is how many of theirs may go on at once."""

    owner: Hashable
    tell: Callable[[int], None]
    limit: int | None
    told: int | None = None
    called: asyncio.Future = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Line:
    """Lets at most `places` calls go on at once. People take turns, however many calls each of them has waiting;
    work in the background is called when no person waits. A person's own limit holds for all the `lines` together,
    of which this is one."""

    def __init__(self, places: int, lines: "Collection[Line] | None" = None):
        self.places = places
        self._lines = (self,) if lines is None else lines
        self.running: Counter[Hashable] = Counter()
        # By owner, who is next first: whoever was called goes to the end.
        self._people: dict[Hashable, deque[Entry]] = {}
        self._background: deque[Entry] = deque()

    @property
    def taken(self) -> int:
        """How many places are taken."""
        return self.running.total()

    def of(self, owner: Hashable) -> int:
        """Return how many calls of this owner go on or wait."""
        return self.running[owner] + len(self._people.get(owner, ()))

    @property
    def waiting(self) -> list[Hashable]:
        """Who waits, the next one first: an owner for each call, None for work in the background."""
        return [
            None if entry in self._background else entry.owner for entry in self._in_order() if not entry.called.done()
        ]

    async def enter(
        self,
        owner: Hashable,
        tell: Callable[[int], None],
        *,
        limit: int | None = None,
        background: bool = False,
    ) -> None:
        """Return when there is a place; meanwhile `tell` is called with how many are ahead, each time it changes.

        `limit` is how many calls of this owner may go on at the same time. Leave with `leave(owner)`.
        """
        entry = Entry(owner=owner, tell=tell, limit=limit)
        waiting = self._background if background else self._people.setdefault(owner, deque())
        waiting.append(entry)
        self._call()
        if entry.called.done():
            return
        self._tell_all()
        try:
            await entry.called
        except asyncio.CancelledError:
            if entry.called.done() and not entry.called.cancelled():
                self.leave(owner)
            else:
                self._forget(entry, waiting)
                self._tell_all()
            raise

    def leave(self, owner: Hashable) -> None:
        """Give the place to the next in line."""
        self.running[owner] -= 1
        if not self.running[owner]:
            del self.running[owner]
        # Whoever left made room here, and for more of their own everywhere.
        for line in self._lines:
            if line._call():
                line._tell_all()

    def _call(self) -> bool:
        """Call whoever may go on now, and tell whether there was anybody."""
        anybody = False
        while self.taken < self.places and (entry := self._next()) is not None:
            self.running[entry.owner] += 1
            entry.called.set_result(None)
            anybody = True
        return anybody

    def _next(self) -> Entry | None:
        for owner, waiting in list(self._people.items()):
            _drop_those_who_gave_up(waiting)
            if not waiting:
                del self._people[owner]
                continue
            limit = waiting[0].limit
            if limit is None or sum(line.running[owner] for line in self._lines) < limit:
                entry = waiting.popleft()
                del self._people[owner]
                if waiting:
                    self._people[owner] = waiting
                return entry
        _drop_those_who_gave_up(self._background)
        if self._people or not self._background:
            return None
        return self._background.popleft()

    def _forget(self, entry: Entry, waiting: deque[Entry]) -> None:
        if entry in waiting:
            waiting.remove(entry)
        if not waiting and self._people.get(entry.owner) is waiting:
            del self._people[entry.owner]

    def _in_order(self) -> Iterator[Entry]:
        for round in zip_longest(*self._people.values()):
            yield from (entry for entry in round if entry is not None)
        yield from self._background

    def _tell_all(self) -> None:
        """Tell everybody whose position has changed."""
        for ahead, entry in enumerate(list(self._in_order())):
            if entry.told != ahead:
                entry.told = ahead
                entry.tell(ahead)


def _drop_those_who_gave_up(waiting: deque[Entry]) -> None:
    """Drop from the front who was cancelled and has not been able to leave the line yet."""
    while waiting and waiting[0].called.done():
        waiting.popleft()
