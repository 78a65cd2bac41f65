"""What people with a limit use while their answers are being written, before the ledger has it."""

from collections.abc import Hashable


class Tally:
    """The tokens of one person's answers in this process: of all of them, and of those that are in the ledger."""

    __slots__ = ("answers", "entered", "total")

    def __init__(self) -> None:
        self.answers = 0
        self.total = 0
        self.entered = 0


_tallies: dict[Hashable, Tally] = {}


class Share:
    """One answer's part of what a person has left: `spend` says when all of them together have used it up."""

    __slots__ = ("_owner", "_spent", "_stop_at", "_tally")

    def __init__(self, owner: Hashable, *, prompt: int, room: int):
        """`room` is how many tokens the answer may have, after its prompt, by what the ledger says."""
        self._owner = owner
        self._tally = _tallies.setdefault(owner, Tally())
        self._tally.answers += 1
        self._spent = 0
        # What is in the ledger already was taken off the room by whoever read it.
        self._stop_at = self._tally.entered + prompt + room
        self.spend(prompt)

    def spend(self, tokens: int) -> bool:
        """Count tokens of this answer and tell whether there is nothing left."""
        self._spent += tokens
        self._tally.total += tokens
        return self._tally.total >= self._stop_at

    def close(self) -> None:
        """Take note that this answer is in the ledger."""
        self._tally.entered += self._spent
        self._tally.answers -= 1
        if not self._tally.answers:
            del _tallies[self._owner]
