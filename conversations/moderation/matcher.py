"""All rules at once: one pass over a text says which of them may apply, and only those are looked at closely."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import re2

from . import alike, patterns, personal, phrases

MASK = "[masked]"
STOPPING = frozenset({"block", "suspend"})
CHANGING = STOPPING | {"mask"}


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is applied; `lines` are its words, expressions, detectors or endings of file names."""

    id: int
    name: str
    kind: str
    lines: tuple[str, ...]
    action: str
    severity: str
    places: frozenset[str]
    groups: frozenset[int] = frozenset()
    suspend_after: int = 0
    told: str = ""
    # Of a guard: which model is asked, and with what words.
    model: str = ""
    prompt: str = ""

    @property
    def stops(self) -> bool:
        """Whether what it applies to goes no further."""
        return self.action in STOPPING


@dataclass(frozen=True, slots=True)
class Found:
    """A place in a text to which a rule applies, and what stands there instead if it masks."""

    rule: Rule
    start: int
    end: int
    mask: str = MASK


class Matcher:
    """Finds where rules apply in a text."""

    def __init__(self, rules: Iterable[Rule]):
        self.rules = tuple(rules)
        self.phrases: list[tuple[Rule, phrases.Phrase]] = []
        self.expressions: list[tuple[Rule, Any]] = []
        self.detectors: list[tuple[Rule, personal.Detector, Any]] = []
        # What a match of an expression, or personal data, may begin with.
        self.openings: list[str] = []
        for rule in self.rules:
            for line in rule.lines:
                self._add(rule, line)
        # Each skeleton once, with the phrases that have it.
        self._by_skeleton: dict[str, list[tuple[Rule, phrases.Phrase]]] = {}
        for pair in self.phrases:
            for skeleton in pair[1].skeletons:
                self._by_skeleton.setdefault(skeleton, []).append(pair)
        self._skeletons = list(self._by_skeleton)
        self._words = _Set(self._skeletons, literal=True)
        self._expressions = _Set([expression.pattern for _, expression in self.expressions])

    def __bool__(self) -> bool:
        return bool(self.phrases or self.expressions or self.detectors)

    def _add(self, rule: Rule, line: str) -> None:
        match rule.kind:
            case "words":
                self.phrases += [(rule, phrase) for phrase in phrases.read(line)]
            case "pattern":
                self.expressions.append((rule, patterns.read(line)))
                self.openings.append(patterns.opening(line))
            case "personal":
                detector = personal.DETECTORS[line]
                self.detectors.append((rule, detector, re2.compile(detector.pattern, patterns.options())))
                self.openings.append(patterns.opening(detector.pattern))

    def find(self, text: str) -> list[Found]:
        """Return where rules apply, in the order of the text."""
        found = [*self._find_phrases(text), *self._find_in_forms(text)]
        return sorted(found, key=lambda each: (each.start, -each.end))

    def _find_phrases(self, text: str) -> Iterator[Found]:
        if not self.phrases:
            return
        folded = alike.fold(text)
        candidates = {
            id(pair): pair
            for skeleton in alike.skeletons(folded)
            for number in self._words.match(skeleton)
            for pair in self._by_skeleton[self._skeletons[number]]
        }
        if not candidates:
            return
        places = alike.places(text, "fold")
        for rule, phrase in candidates.values():
            for start, end in phrase.find(text, folded, places):
                yield Found(rule, start, end)

    def _find_in_forms(self, text: str) -> Iterator[Found]:
        if not self.expressions and not self.detectors:
            return
        for form, name in forms(text):
            numbers = self._expressions.match(form)
            places = alike.places(text, name) if numbers or self.detectors else []
            for number in numbers:
                rule, expression = self.expressions[number]
                for match in expression.finditer(form):
                    yield from _found(rule, places, match.start(), match.end(), MASK)
            for rule, detector, expression in self.detectors:
                for match in expression.finditer(form):
                    if length := detector.length(match[0]):
                        yield from _found(rule, places, match.start(), match.start() + length, detector.mask)


class _Set:
    """Many expressions, looked for in one pass."""

    def __init__(self, lines: list[str], *, literal: bool = False):
        self._number = len(lines)
        options = patterns.options(patterns.ALL_BYTES)
        options.literal = literal
        self._set = re2.Set.SearchSet(options)
        # The last one is in every text: where it is not found, the memory did not do.
        for line in [*lines, ""]:
            self._set.Add(line)
        self._set.Compile()

    def match(self, text: str) -> Iterable[int]:
        """Return the numbers of those that are found; of all, where the memory does not do to tell."""
        if not self._number:
            return ()
        numbers = self._set.Match(text)
        if self._number not in numbers:
            return range(self._number)
        return [number for number in numbers if number != self._number]


def forms(text: str) -> list[tuple[str, str]]:
    """Return the forms of a text in which expressions are looked for, each with its name."""
    clean = alike.clean(text)
    folded = [] if clean.isascii() else [(alike.fold(text), "fold")]
    return [(clean, "clean"), *folded]


def _found(rule: Rule, places: list[int], first: int, last: int, mask: str) -> Iterator[Found]:
    if last > first:
        yield Found(rule, places[first], places[last - 1] + 1, mask)


def masked(text: str, found: Iterable[Found]) -> str:
    """Return a text with what was found in it masked."""
    made, at = "", 0
    for each in sorted(found, key=lambda each: (each.start, -each.end)):
        if each.start >= at:
            made += text[at : each.start] + each.mask
        at = max(at, each.end)
    return made + text[at:]
