"""Rules and an answer while it is written: nothing is told that a rule masks or blocks."""

from dataclasses import replace
from typing import Any

from chatsite.threads import in_database
from llm.values import ToolCall

from ..errors import RefusedByRule
from . import rules
from .checking import notes_of, rules_for
from .matcher import CHANGING, Found, masked
from .window import Openings, Window

ENDED = "This answer ends here, because a rule of this installation stands against what was to follow."


class Blocked(RefusedByRule):
    """A rule stands against what an answer goes on with."""

    detail: Any = ENDED


class Watch:
    """The rules that apply to one answer, and what they have found in it."""

    def __init__(self, applied: rules.Rules, *, told: str = ""):
        self.rules = applied
        openings = applied.openings
        self.holds = openings is not None
        self._windows = _windows(openings, told) if openings is not None else None
        # In calls of tools and what these returned.
        self._beside: list[Found] = []
        self._stopped: Found | None = None
        # What guard models have found, with what it is about.
        self.judged: list[tuple[str, Found]] = []

    @property
    def stopped(self) -> Found | None:
        """What stopped it."""
        if self._stopped is not None or self._windows is None:
            return self._stopped
        return self._windows[0].stopped or self._windows[1].stopped

    def check(self) -> None:
        """Raise Blocked if nothing more may be told."""
        if (stopped := self.stopped) is not None:
            raise Blocked(stopped.rule.told or ENDED)

    def judge(self, found: Found, place: str) -> None:
        """Take in what a guard model has found in the question or the answer."""
        self.judged.append((place, found))
        if found.rule.stops:
            self._stopped = found

    @property
    def withdrawn(self) -> bool:
        """Whether what was told of the answer must not stand, because a guard model stands against it."""
        return any(place == "answer" and found.rule.stops for place, found in self.judged)

    def say(self, text: str) -> str:
        """Return what of the answer can be told by now."""
        return self._windows[0].take(text) if self._windows else text

    def think(self, text: str) -> str:
        """Return what of the thoughts can be told by now."""
        return self._windows[1].take(text) if self._windows else text

    def rest(self) -> tuple[str, str]:
        """Return what is still held back of the answer and of the thoughts, when nothing more comes for now."""
        if self._windows is None or self._stopped is not None:
            return "", ""
        return self._windows[0].rest(), self._windows[1].rest()

    def call(self, call: ToolCall) -> ToolCall:
        """Return a call of a tool as it may be shown; raises Blocked."""
        if self._windows is None:
            return call
        return replace(call, arguments=self._shown(call.arguments), invalid=self.beside(call.invalid))

    def beside(self, text: str) -> str:
        """Return a text that is shown beside the answer, such as what a tool returned, masked; raises Blocked."""
        if self._windows is None or not text:
            return text
        found = [each for each in self.rules.answer.find(text) if each.rule.action in CHANGING]
        self._beside += found
        self._stopped = next((each for each in found if each.rule.stops), None)
        self.check()
        return masked(text, found)

    def conclude(self, text: str) -> tuple[list[Found], list[dict[str, str]]]:
        """Return what was found in an answer that has its last word, and what its person is told."""
        held = [each for window in self._windows or () for each in window.found] + self._beside
        seen = [each for each in self.rules.answer.find(text) if each.rule.action not in CHANGING]
        judged = [(place, each) for place, each in self.judged if not each.rule.stops]
        notes = [note for place, each in judged for note in notes_of([each], place)]
        return [*held, *seen], [*notes_of([*held, *seen], "answer"), *notes]

    def _shown(self, value: Any) -> Any:
        if isinstance(value, str):
            return self.beside(value)
        if isinstance(value, dict):
            return {self.beside(str(name)): self._shown(each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._shown(each) for each in value]
        return value


async def watch(author: Any, *, told: str = "") -> Watch | None:
    """Return what looks at an answer to this person that goes on after `told`; None where no rule is about answers."""
    known = rules.live() if rules.is_known() else await in_database(rules.live)
    if not known:
        return None
    applied = await in_database(rules_for, author) if known.grouped else known
    return Watch(applied, told=told) if applied.answer or applied.guards else None


def _windows(openings: Openings, told: str) -> tuple[Window, Window]:
    return Window(openings, told=told), Window(openings)
