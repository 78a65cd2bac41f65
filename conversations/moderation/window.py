"""What a model says is told as it comes, but for what may be the beginning of something that must not be told."""

import re2

from . import alike, patterns, phrases
from .matcher import Found, Matcher, forms, masked

# What may be open for so many signs and no longer: a match that is longer is found, and may have begun to be told.
HELD_CHARACTERS = 400
# So much of what was told already is looked at again, because a match needs what stands before it.
BEHIND_CHARACTERS = 48
_APART = re2.compile(rf"[^\pL\pN]{{{phrases.GAP + 1},}}")


class Openings:
    """Where in a text something may have begun that a rule applies to; made once for all answers."""

    def __init__(self, matcher: Matcher):
        self.matcher = matcher
        self._at_word: set[str] = set()
        self._anywhere: set[str] = set()
        for _, phrase in matcher.phrases:
            for skeleton in phrase.skeletons:
                begun = {skeleton[:length] for length in range(1, len(skeleton) + 1)}
                (self._anywhere if phrase.anywhere else self._at_word).update(begun)
        self._longest = max((len(each) for each in self._at_word | self._anywhere), default=0)
        self._unbounded = patterns.ANYTHING in matcher.openings
        joined = "|".join(f"(?:{each})" for each in matcher.openings if each != patterns.ANYTHING)
        self._expression = re2.compile(rf"(?:{joined})\z", patterns.options(patterns.ALL_BYTES)) if joined else None

    def first(self, text: str) -> int:
        """Return from where on the end of a text may be such a beginning; its length if nowhere."""
        if self._unbounded:
            return 0
        return min(self._of_phrases(text), self._of_expressions(text))

    def _of_phrases(self, text: str) -> int:
        if not self._longest:
            return len(text)
        folded, places = alike.fold(text), alike.places(text, "fold")
        begin = max((found.end() for found in _APART.finditer(folded)), default=0)
        return min((self._in_reading(folded, places, begin, reading) for reading in alike.READINGS), default=len(text))

    def _in_reading(self, folded: str, places: list[int], begin: int, reading: dict[int, str]) -> int:
        # Each letter once for all of a run of it, with the places of all: a word may begin in the middle of them.
        letters: str = ""
        runs: list[list[int]] = []
        for place in range(begin, len(folded)):
            letter = reading[ord(folded[place])]
            if letter and letters.endswith(letter):
                runs[-1].append(place)
            elif letter:
                letters += letter
                runs.append([place])
        for first in range(max(0, len(letters) - self._longest), len(letters)):
            rest = letters[first:]
            if rest in self._anywhere:
                return places[runs[first][0]]
            if rest in self._at_word and (begun := self._begun(folded, runs[first])) is not None:
                return places[begun]
        return places[-1]

    def _begun(self, folded: str, run: list[int]) -> int | None:
        """Return the first of these places at which a word begins."""
        beginning = (place for place in run if place == 0 or not phrases.is_of_word(folded[place - 1]))
        return next(beginning, None)

    def _of_expressions(self, text: str) -> int:
        first = len(text)
        if self._expression is None:
            return first
        for form, name in forms(text):
            if found := self._expression.search(form):
                first = min(first, alike.places(text, name)[found.start()])
        return first


class Window:
    """One text while it is written: takes what comes, and gives what can be told.

    Once a rule stops it, `stopped` is what was found, and nothing more is given.
    """

    def __init__(self, openings: Openings, *, told: str = ""):
        self._openings = openings
        self._kept_behind = BEHIND_CHARACTERS
        # An answer may have been cut off, or gone on with after a tool, in the middle of something.
        self._behind = told[-HELD_CHARACTERS:]
        self._held = ""
        self.found: list[Found] = []
        self.stopped: Found | None = None

    def take(self, text: str) -> str:
        """Return what can be told by now."""
        return self._look(self._held + text, last=False)

    def rest(self) -> str:
        """Return what was held back, when nothing more comes."""
        return self._look(self._held, last=True) if self._held else ""

    def _look(self, held: str, *, last: bool) -> str:
        if self.stopped is not None:
            return ""
        text, behind = self._behind + held, len(self._behind)
        found = [each for each in self._openings.matcher.find(text) if each.end > behind]
        until = len(text) if last else max(behind, self._openings.first(text))
        if until < len(text) - HELD_CHARACTERS:
            until, self._kept_behind = len(text) - HELD_CHARACTERS, HELD_CHARACTERS
        for each in found:
            # What ends where the text ends may go on, and be something else.
            if not last and each.end == len(text):
                until = min(until, max(behind, each.start))
        decided = [each for each in found if each.end <= until]
        for each in found:
            if each.start < until < each.end:
                until = max(behind, each.start)
        decided = [each for each in decided if each.end <= until]
        stop = next((each for each in decided if each.rule.stops), None)
        if stop is not None:
            until = max(behind, stop.start)
            decided = [each for each in decided if each.end <= until]
            self.stopped = stop
        self.found += [*decided, *([stop] if stop else [])]
        told = _masked_after(text[:until], decided, behind)
        kept = HELD_CHARACTERS if last else self._kept_behind
        self._behind, self._held = text[max(0, until - kept) : until], "" if stop else text[until:]
        return told


def _masked_after(text: str, found: list[Found], behind: int) -> str:
    """Return what comes after the part that was told already, masked."""
    told = [Found(each.rule, max(behind, each.start) - behind, each.end - behind, each.mask) for each in found]
    return masked(text[behind:], told)
