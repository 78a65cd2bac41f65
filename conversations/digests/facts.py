"""Which sentences of a conversation are worth keeping when there is no room for all: what people say of themselves
and of their task, in English, German, French and Spanish; in other languages what has numbers and names."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum

from llm.tokens import estimate

from .sentences import sentences

# No fact is longer, so that one sentence does not take the room of ten.
FACT_TOKENS = 96
# How much stands before the words that make a long sentence a fact.
BEFORE_CHARACTERS = 30
# An answer says what it says in its first words; what was decided may stand in its last ones too. Of a question that
# is a whole document, the beginning and the end say what it was for.
ANSWER_CHARACTERS = (600, 200)
QUESTION_CHARACTERS = (12_000, 4_000)
ANSWER_SENTENCES = 2


class Rank(IntEnum):
    """How much a sentence is worth."""

    REST = 0
    TELLING = 1
    DETAIL = 2
    PERSONAL = 3
    IDENTITY = 4


@dataclass(frozen=True, slots=True)
class Fact:
    """A sentence, who said it (`user`, `assistant`, or `summary` for a model that summed up), and its rank."""

    rank: int
    role: str
    text: str


IDENTITY = re.compile(
    # English
    r"\bmy (?:\w+ )?name(?:['’]s| is)\b|\bcall me\b|\bi(?:['’]m| am) called\b|\bremember (?:that|this|my|our|to)\b"
    r"|\bremember:|\bplease remember\b|\bdo(?:n['’]t| not) forget\b|\bkeep in mind\b|\bfrom now on\b"
    # German
    r"|\bmein (?:\w+ )?name (?:ist|lautet)\b|\bich hei(?:ß|ss)e\b|\bnenn(?:e|t|en sie)? mich\b"
    r"|\bmerk(?:e|en sie)? (?:dir|sich)\b|\bvergiss (?:bitte )?nicht\b|\bvergessen sie (?:bitte )?nicht\b"
    r"|\bdenk(?:e|en sie)? (?:bitte )?daran\b|\bab (?:jetzt|sofort)\b"
    # French
    r"|\bje m['’]appelle\b|\bmon (?:pré)?nom est\b|\bappelle(?:z|s)?[- ]moi\b|\bn['’]oublie[zs]? pas\b"
    r"|\b(?:retiens|retenez|souviens[- ]toi|souvenez[- ]vous|rappelle[- ]toi|rappelez[- ]vous)\b"
    r"|\bgarde[zs]? (?:bien )?à l['’]esprit\b|\bdésormais\b|\bà partir de maintenant\b"
    # Spanish
    r"|\bme llamo\b|\bmi (?:\w+ )?nombre (?:\w+ )?es\b|\bll[áa]m(?:ame|eme|enme)\b|\b(?:recuerda|recuerde) (?:que|mi)\b"
    r"|\bno olvide[sn]?\b|\bten(?:ga)? en cuenta\b|\bacu[ée]rdate\b|\ba partir de ahora\b|\bde ahora en adelante\b",
    re.IGNORECASE,
)
PERSON = re.compile(
    r"\b(?:i|my|mine|we|our|ich|mir|mich|mein(?:e|en|em|er|es)?|wir|uns|unser(?:e|en|em|er|es)?"
    r"|je|j['’]\w+|mon|ma|mes|moi|nous|notre|nos|yo|mi|mis|nuestr[oa]s?|soy|estoy|tengo|vivo|trabajo|necesito|quiero"
    r"|prefiero|uso|somos|tenemos|queremos|necesitamos)\b",
    re.IGNORECASE,
)
STATES = re.compile(
    r"\b(?:am|i['’]m|have|i['’]ve|live|work|born|allergic|prefer|need|must|own|moved|speak|study|plan|use|want|like"
    r"|bin|habe|haben|sind|wohne|lebe|arbeite|brauche|brauchen|muss|müssen|bevorzuge|geboren|möchte|spreche|studiere"
    r"|plane|nutze|suis|ai|j['’]ai|j['’]habite|habite|vis|travaille|préfère|dois|besoin|née?|parle|étudie|veux"
    r"|voudrais|avons|sommes|utilise|soy|tengo|vivo|trabajo|necesito|prefiero|debo|nací|hablo|estudio|quiero|somos"
    r"|tenemos|uso|usamos)\b",
    re.IGNORECASE,
)
DECISION = re.compile(
    r"\b(?:decided|decision|agreed|let['’]s (?:use|go|take|keep|say)|deadline|due|budget|chose|chosen|settled on"
    r"|entschieden|beschlossen|vereinbart|frist|termin|nehmen wir|wir nehmen|festgelegt|bleiben wir bei"
    r"|décidé|convenu|choisi|échéance|date limite|on prend|gardons"
    r"|decidido|decidimos|acordado|acordamos|elegido|elegimos|plazo|fecha límite|presupuesto|quedamos en)\b",
    re.IGNORECASE,
)
DIGIT = re.compile(r"\d")
# A word with a capital that does not begin the sentence; in German every noun is one, so it counts for little.
NAME = re.compile(r"(?<=[^\W\d_][ ,])[^\W\d_a-zß-öø-ÿ][\w'’-]+")


def facts(role: str, text: str) -> Iterator[Fact]:
    """Yield the sentences of a message with their ranks; of an answer the first ones, and what was decided in it."""
    beginning, end = QUESTION_CHARACTERS if role == "user" else ANSWER_CHARACTERS
    if len(text) > beginning + end:
        text = f"{text[:beginning]}\n{text[-end:]}"
    decides = role == "user" or DECISION.search(text)
    for number, sentence in enumerate(sentences(text)):
        rank = _rank(role, sentence) if decides else Rank.REST
        if rank > Rank.REST or number < ANSWER_SENTENCES:
            yield clipped(Fact(rank, role, sentence), FACT_TOKENS)


def _rank(role: str, sentence: str) -> Rank:
    if role != "user":
        return Rank.DETAIL if DECISION.search(sentence) else Rank.REST
    if IDENTITY.search(sentence):
        return Rank.IDENTITY
    if sentence.endswith(("?", "？", "؟")):
        return Rank.TELLING
    personal, number = PERSON.search(sentence), DIGIT.search(sentence)
    if personal and (number or STATES.search(sentence) or NAME.search(sentence)):
        return Rank.PERSONAL
    return Rank.DETAIL if personal or number or DECISION.search(sentence) else Rank.TELLING


def clipped(fact: Fact, tokens: int) -> Fact:
    """Return the fact with no more than so many tokens, those around what makes it one."""
    text = fact.text
    whole = estimate(text)
    if whole <= tokens:
        return fact
    length = max(1, len(text) * max(1, tokens - 2) // whole)
    found = IDENTITY.search(text) if fact.rank == Rank.IDENTITY else None
    start = max(0, found.start() - BEFORE_CHARACTERS) if found else 0
    part = text[start : start + length]
    while part and estimate(part) > tokens - 2:
        part = part[: len(part) * 3 // 4]
    return replace(fact, text=f"{'…' if start else ''}{part.strip()}…")


def packed(found: Iterable[Fact]) -> list[list]:
    """Return facts as they are kept."""
    return [[fact.rank, fact.role, fact.text] for fact in found]


def unpacked(kept: Iterable[list]) -> list[Fact]:
    """Return the facts that were kept."""
    return [Fact(int(rank), role, text) for rank, role, text in kept]
