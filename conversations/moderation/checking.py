"""Looking at what is about to be sent: refused, masked, noted or let through."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext

from ..errors import RefusedByRule as Refused
from ..models import Attachment, Passage
from ..models.moderation import Action
from . import rules
from .flags import Where, raise_for
from .matcher import Found, Rule, masked

# Notes are kept with their question, so in English (kept.py).
WARNED = "A rule of this installation has something to say about this. Staff can see that it applied."


@dataclass(slots=True)
class Verdict:
    """What may be sent in place of a question, what its person is told, and what was found in it and its files."""

    text: str
    found: list[Found] = field(default_factory=list)
    in_files: list[Found] = field(default_factory=list)
    notes: list[dict[str, str]] = field(default_factory=list)

    def keep(self, where: Where) -> None:
        """Keep that rules applied, at the end of the transaction that keeps the question."""
        if not self.found and not self.in_files:
            return
        raise_for(self.found, where)
        raise_for(self.in_files, Where(where.user, "file", where.conversation_id, where.turn_id, where.message_id))


def rules_for(user: Any) -> rules.Rules:
    """Return the live rules that apply to this person."""
    live = rules.live()
    if not live.grouped:
        return live
    return live.of(frozenset(user.groups.values_list("pk", flat=True)))


def check_question(
    *, author: Any, text: str, conversation_id: Any, files: Callable[[], Sequence[Attachment]] | None = None
) -> Verdict:
    """Return what may be sent; raises Refused, which is kept as a flag, where a rule blocks it."""
    if not rules.live():
        return Verdict(text)
    applied = rules_for(author)
    found = applied.question.find(text)
    in_files = _in_files(applied, files() if files else ())
    where = Where(author, "question", conversation_id)
    if stopping := [each for each in [*found, *in_files] if each.rule.stops]:
        _refuse(stopping, where)
    masking = [each for each in found if each.rule.action == Action.MASK]
    notes = notes_of([*found, *in_files], "question")
    return Verdict(masked(text, masking) if masking else text, found, in_files, notes)


def check_texts(*, author: Any, texts: Sequence[tuple[str, str]]) -> list[str]:
    """Return the texts that a program sends in one call, masked; each is given after its place, "question" or "answer".

    Raises Refused. What comes before the last question is said to have been said before: nobody is suspended for it,
    and there is a flag only where it is refused.
    """
    if not rules.live() or not texts:
        return [text for _, text in texts]
    applied = rules_for(author)
    # Whoever sends it may have written the answers as well.
    found = [(applied.answer if place == "answer" else applied.question).find(text) for place, text in texts]
    where = Where(author, "question")
    last = max((number for number, (place, _) in enumerate(texts) if place == "question"), default=None)
    asked = found[last] if last is not None else []
    if stopping := [each for each in asked if each.rule.stops]:
        _refuse(stopping, where)
    if stopping := [each for some in found for each in some if each.rule.stops]:
        _refuse(stopping, where, suspends=False)
    raise_for(asked, where)
    return [
        masked(text, [each for each in some if each.rule.action == Action.MASK])
        for (_, text), some in zip(texts, found, strict=True)
    ]


def check_instructions(*, author: Any, text: str) -> str:
    """Return what a person wants of a model, masked, before it is kept: a model reads it like a question. Raises
    Refused."""
    return check_texts(author=author, texts=[("question", text)])[0]


def notes_of(found: Iterable[Found], place: str) -> list[dict[str, str]]:
    """Return what the person is told, once for each rule."""
    told: dict[Rule, int] = {}
    for each in found:
        told[each.rule] = told.get(each.rule, 0) + 1
    notes = []
    for rule, times in told.items():
        if rule.action == Action.MASK:
            passages = "One passage was masked" if times == 1 else f"{times} passages were masked"
            when = "before this was sent" if place == "question" else "in this answer"
            notes.append(_note(place, rule, rule.told or f"{passages} {when}."))
        elif rule.action == Action.WARN:
            notes.append(_note(place, rule, rule.told or WARNED))
    return notes


def _note(place: str, rule: Rule, text: str) -> dict[str, str]:
    return {"place": place, "action": rule.action, "text": text}


def _refuse(stopping: list[Found], where: Where, *, suspends: bool = True) -> None:
    raise_for(stopping, where, suspends=suspends)
    told = next((each.rule.told for each in stopping if each.rule.told), Refused.detail)
    where.user.refresh_from_db(fields=["is_active"])
    suspended = "" if where.user.is_active else gettext("Your account has been suspended.")
    raise Refused(f"{told} {suspended}".strip())


def _in_files(applied: rules.Rules, attached: Sequence[Attachment]) -> list[Found]:
    """Return what rules have against files: against what they are called, and against what they say."""
    found = [Found(rule, 0, 0, "") for each in attached for rule in applied.of_file(each.name)]
    if attached and applied.files:
        passages = Passage.objects.filter(file__in=[each.file_id for each in attached]).values_list("text", flat=True)
        for text in passages.iterator():
            # Of a text that can be read in the file alone, where it is says nothing.
            found += [Found(each.rule, 0, 0, "") for each in applied.files.find(text)]
    return found
