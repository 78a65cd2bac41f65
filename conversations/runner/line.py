"""The line of turns that wait for a place: first come, first served, and everybody sees where they stand."""

import asyncio
from collections import deque
from collections.abc import Callable


class Line:
    """Lets at most `places` turns run at once."""

    def __init__(self, places: int):
        self.places = places
        self.taken = 0
        self._waiting: deque[tuple[asyncio.Future, Callable[[int], None]]] = deque()

    async def enter(self, tell: Callable[[int], None]) -> None:
        """Return when there is a place; meanwhile `tell` is called with how many are ahead, each time it changes."""
        if self.taken < self.places and not self._waiting:
            self.taken += 1
            return
        turn = asyncio.get_running_loop().create_future()
        entry = (turn, tell)
        self._waiting.append(entry)
        tell(len(self._waiting) - 1)
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():
                self.leave()
            elif entry in self._waiting:
                # Otherwise whoever left has passed over this one already.
                self._waiting.remove(entry)
                self._tell_all()
            raise

    def leave(self) -> None:
        """Give the place to the next in line."""
        while self._waiting:
            turn, _ = self._waiting.popleft()
            if not turn.done():
                # The place changes hands; the number taken stays.
                turn.set_result(None)
                self._tell_all()
                return
        self.taken -= 1

    def _tell_all(self) -> None:
        for ahead, (_, tell) in enumerate(self._waiting):
            tell(ahead)
