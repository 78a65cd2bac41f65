"""A summary without a model: the sentences and words of the conversation that say most, whatever its language."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..models import Summary
from ..rendering import plain
from ..search.terms import found_in
from .lexicon import EVERYDAY, NEGATIVE, POSITIVE
from .values import Said, Words

SENTENCES = 4
TOPICS_MOST, TOPICS_LEAST = 6, 3
# A sentence of fewer or more words is no candidate, unless there is no other.
SHORTEST_WORDS, LONGEST_WORDS = 4, 60
SENTENCE_CHARACTERS = 400
TOPIC_CHARACTERS = 60
# Of each message, and of all together, so many characters are looked at.
MESSAGE_CHARACTERS = 20_000
CHARACTERS = 300_000
# A sentence that shares more than this part of its words with one that was chosen says the same.
ALIKE = 0.6
# What a person asks counts a little more than what is answered, and the first question most.
ASKED_WEIGHT, FIRST_WEIGHT = 1.15, 1.4
# So much clearer must one mood be than the other.
CLEAR_MOOD = 2

CODE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
ENDS = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")
HAN = re.compile("[\u3400-\u4dbf\u4e00-\u9fff]{2,}|[\u30a1-\u30fa\u30fc]{2,}|[\uac00-\ud7a3]{2,}")
HAN_LONGEST = 4


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence, what it is about, and where it stands."""

    text: str
    about: tuple[str, ...]
    place: int
    weight: float


def summarise(said: Sequence[Said]) -> Words:
    """Return a summary made of what was said; the same conversation always has the same."""
    texts = _looked_at(said)
    spelled: dict[str, Counter[str]] = {}
    frequency: Counter[str] = Counter()
    for _, text in texts:
        for name, spelling in informative(text):
            frequency[name] += 1
            spelled.setdefault(name, Counter())[spelling] += 1
    sentences = list(_sentences(texts))
    chosen = sorted(_best(sentences, frequency), key=lambda sentence: sentence.place)
    return Words(
        text=" ".join(sentence.text for sentence in chosen),
        topics=_topics(frequency, spelled),
        sentiment=mood(text for role, text in texts if role == "user"),
    )


def informative(text: str) -> Iterable[tuple[str, str]]:
    """Yield the words that say what a text is about: folded, and as they are spelled."""
    for run in HAN.findall(text):
        # Where words are not spaced, short runs are words, and long ones are pairs of characters.
        pieces = [run] if len(run) <= HAN_LONGEST else [run[at : at + 2] for at in range(len(run) - 1)]
        for piece in pieces:
            yield piece, piece
    rest = HAN.sub(" ", text)
    for term in found_in(rest):
        name = term.name
        if len(name) > 2 and name not in EVERYDAY and not name.isdigit():
            yield name, rest[term.start : term.end]


def mood(texts: Iterable[str]) -> str:
    """Return the mood of what a person said, neutral unless their words are clear."""
    good = bad = 0
    for text in texts:
        names = {term.name for term in found_in(text)}
        good += len(names & POSITIVE)
        bad += len(names & NEGATIVE)
    if good - bad >= CLEAR_MOOD:
        return Summary.Sentiment.POSITIVE.value
    if bad - good >= CLEAR_MOOD:
        return Summary.Sentiment.NEGATIVE.value
    return Summary.Sentiment.NEUTRAL.value


def _looked_at(said: Sequence[Said]) -> list[Said]:
    """Return the beginning and the end of a conversation, as words without marks and code."""
    room = CHARACTERS
    first: list[Said] = []
    last: list[Said] = []
    # From both ends in turn: the middle is what is left out.
    order = [place for pair in zip(range(len(said)), reversed(range(len(said))), strict=True) for place in pair]
    for place in list(dict.fromkeys(order)):
        text = CODE.sub(" ", said[place].text[:MESSAGE_CHARACTERS])
        room -= len(text)
        if room < 0:
            break
        lines = "\n".join(plain(line) for line in text.splitlines() if line.strip())
        (first if place < (len(said) + 1) // 2 else last).append(Said(said[place].role, lines))
    return first + last[::-1]


def _sentences(texts: Sequence[Said]) -> Iterable[Sentence]:
    place = 0
    for number, (role, text) in enumerate(texts):
        weight = (FIRST_WEIGHT if number == 0 else ASKED_WEIGHT) if role == "user" else 1.0
        for piece in ENDS.split(text):
            line = piece.strip()
            if line:
                place += 1
                about = tuple(dict.fromkeys(name for name, _ in informative(line)))
                yield Sentence(_short(line), about, place, weight)


def _best(sentences: Sequence[Sentence], frequency: Counter[str]) -> list[Sentence]:
    def score(sentence: Sentence) -> float:
        worth = sum(frequency[name] for name in sentence.about)
        return sentence.weight * worth / (len(sentence.about) + 4)

    fitting = [one for one in sentences if SHORTEST_WORDS <= len(one.about) <= LONGEST_WORDS] or list(sentences)
    chosen: list[Sentence] = []
    for sentence in sorted(fitting, key=lambda one: (-score(one), one.place)):
        if not any(_alike(sentence, other) for other in chosen):
            chosen.append(sentence)
        if len(chosen) == SENTENCES:
            break
    return chosen


def _alike(one: Sentence, other: Sentence) -> bool:
    if one.text == other.text:
        return True
    mine, theirs = set(one.about), set(other.about)
    return bool(mine and theirs) and len(mine & theirs) / len(mine | theirs) > ALIKE


def _topics(frequency: Counter[str], spelled: dict[str, Counter[str]]) -> list[str]:
    ranked = [name for name, _ in sorted(frequency.items(), key=lambda item: (-item[1], -len(item[0]), item[0]))]
    often = [name for name in ranked if frequency[name] > 1]
    names = often[:TOPICS_MOST] if len(often) >= TOPICS_LEAST else ranked[:TOPICS_LEAST]
    return [spelled[name].most_common(1)[0][0][:TOPIC_CHARACTERS] for name in names]


def _short(line: str) -> str:
    return line if len(line) <= SENTENCE_CHARACTERS else line[:SENTENCE_CHARACTERS].rsplit(" ", 1)[0].rstrip() + "…"
