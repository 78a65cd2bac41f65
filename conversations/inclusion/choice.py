"""Choosing what of the files on a branch is sent with its last question, and keeping account of it."""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from django.conf import settings
from django.db.models import Count, Sum

from llm.tokens import TOKENS_PER_IMAGE, estimate
from llm.values import Message as Said

from .. import context
from ..models import DrawnPage, Passage, PassageIndex, StoredFile
from ..search.words import Index
from . import wording
from .meaning import BY_BOTH, BY_WORDS, NOT_READY, Meaning, MeaningWanted, fused, near
from .ranking import rank

logger = logging.getLogger(__name__)

# The part of the window in which files are named; beyond it the oldest ones are only counted.
NAMES_SHARE = 0.25
MARK_CHARACTERS = 12
# What a passage costs beside its text: its page, and a sign that something before it is left out.
PAGE_TOKENS = 10
# Pictures beyond these are not sent again: each costs as much as a page of text.
IMAGES_SENT = 8
# Why nothing of a file is sent, as its model is told.
REASONS = {
    "no_room": "There is no room for it here.",
    "no_vision": "It is a picture, and this model cannot look at pictures.",
    "question_failed": "It is a picture of a question that could not be answered.",
    "unreadable": "It could not be opened.",
    "deleted": "It was deleted.",
}
LONGEST_REASON = max(REASONS.values(), key=len)
# The part of the window that is left to what was said before, if there is that much of it.
HISTORY_SHARE = 0.25
# A question this short is a following one ("and in winter?"), so the one before it is looked for too, in words.
SHORT_QUESTION_WORDS = 12


@dataclass(frozen=True, slots=True)
class Chosen:
    """The branch with passages and pictures in it, what is sent before it, and for each file what of it is sent."""

    history: list[context.Past]
    opening: Said | None
    included: list[dict[str, Any]]


@dataclass(slots=True)
class Candidate:
    """A file on the branch: in which turn it was attached, and what is decided about it."""

    turn: int
    attached: context.Attached
    # Whether it is told of by its name, and whether its pictures stand before everything that was said.
    named: bool = False
    early: bool = False
    # The same file, attached once more in a later turn: what is sent there counts for both.
    again: "Candidate | None" = None
    # The model whose vectors its passages have.
    embedding_model: str = ""
    text_tokens: int = 0
    count: int = 0
    whole: bool = False
    text: list[Passage] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    images: list[bytes] = field(default_factory=list)
    pictures: int = 0
    why: str = ""
    # How its passages were chosen, and why by words alone where that is not what was wished for.
    by: str = ""
    by_words_because: str = ""

    def account(self) -> dict[str, Any]:
        """Return what of the file is sent, as the turn keeps it."""
        if self.again is not None:
            return {**self.again.account(), "attachment": self.attached.attachment, "name": self.attached.name}
        return {
            "attachment": self.attached.attachment,
            "name": self.attached.name,
            "whole": self.whole,
            "passages": [{"position": each.position, "page": each.page} for each in self.passages],
            "left_out": 0 if self.whole else self.count - len(self.passages),
            "image": bool(self.images),
            "why": self.why,
            "by": self.by,
            "by_words_because": self.by_words_because,
        }


def choose(
    *,
    history: list[context.Past],
    instructions: str,
    window: int | None,
    vision: bool,
    ratio: float = 1.0,
    digest: Said | None = None,
    reserve: int | None = None,
    meaning: Meaning | None = None,
) -> Chosen:
    """Return the branch with as much of its files as the window holds, those of the last question first.

    `reserve` is how many tokens the digest and the earlier turns are sure of, by default a share of the window. Whole
    files come before everything that was said, so that a server that remembers what it read last time reads them
    once. What does not fit whole is searched for the question, anew each time, and comes with it: by its words, and by
    its `meaning` where there is an embedding model. Raises MeaningWanted where that is needed and not given.
    """
    files = [
        Candidate(turn=number, attached=attached) for number, past in enumerate(history) for attached in past.files
    ]
    last = len(history) - 1
    newest = _once(sorted(files, key=lambda each: -each.turn))
    _measure(newest)
    budget = context.budget_of(window, ratio)
    room = _room(history, instructions, budget, reserve)
    room = _name(newest, room, int(budget * NAMES_SHARE), last=last)
    named = [each for each in newest if each.named]
    failed = {number for number, past in enumerate(history) if not past.messages and not past.far_back}
    room = _add_images(named, room, vision=vision, last=last, failed=failed)
    room = _add_whole(named, room)
    _add_passages([each for each in named if each.count and not each.whole], room, _question(history), meaning)
    ours = [each for each in files if each.again is None]
    chosen = _chosen(history, ours)
    while lost := _lost(chosen, ours, instructions=instructions, window=window, ratio=ratio, digest=digest):
        # Their questions no longer fit, but there is room for them.
        for each in lost:
            each.early = True
        chosen = _chosen(history, ours)
    return replace(chosen, included=[each.account() for each in files])


def tokens_of(history: Iterable[context.Past]) -> int:
    """Return how many tokens all files of a branch have, whether there is room for them or not."""
    files = {each.file for past in history for each in past.files}
    return StoredFile.objects.filter(pk__in=files).aggregate(sum=Sum("tokens"))["sum"] or 0 if files else 0


def _chosen(history: list[context.Past], files: list[Candidate]) -> Chosen:
    last = len(history) - 1
    return Chosen(
        history=[_with_pictures(past, number, files, last=last) for number, past in enumerate(history)],
        opening=_opening(files),
        included=[],
    )


def _lost(chosen: Chosen, files: list[Candidate], **how: Any) -> list[Candidate]:
    """Return the files whose pictures stand with questions that do not fit the window any more."""
    if not any(each.images and not each.early for each in files):
        return []
    built = context.build(history=chosen.history, files=chosen.opening, **how)
    return [each for each in files if each.images and not each.early and each.turn < built.left_out]


def _once(newest: list[Candidate]) -> list[Candidate]:
    """Return the files without those that are attached again later: nobody needs the same text twice."""
    first: dict[Any, Candidate] = {}
    for each in newest:
        each.again = first.get(each.attached.file)
        first.setdefault(each.attached.file, each)
    return list(first.values())


def _measure(candidates: list[Candidate]) -> None:
    asked = [each.attached.file for each in candidates]
    files = StoredFile.objects.in_bulk(asked)
    drawn = Counter(DrawnPage.objects.filter(file__in=asked).values_list("file_id", flat=True))
    texts = Passage.objects.filter(file__in=asked).order_by().values("file")
    measured = {each["file"]: each for each in texts.annotate(count=Count("pk"), sum=Sum("tokens"))}
    for each in candidates:
        file = files.get(each.attached.file)
        if file is None:
            each.why = "deleted"
            continue
        each.embedding_model = file.embedding_model
        each.pictures = bool(file.image) + drawn[file.pk]
        if file.pk in measured:
            each.count = measured[file.pk]["count"]
            each.text_tokens = measured[file.pk]["sum"] + PAGE_TOKENS * each.count


def _room(history: list[context.Past], instructions: str, budget: int, reserve: int | None) -> int:
    """Return how many tokens there are for files."""
    *earlier, last = history
    if reserve is None:
        said = sum(context.cost(past.messages) for past in earlier)
        reserve = min(said, int(budget * HISTORY_SHARE))
    around = [Said(role="system", text=instructions), Said(role="user", text=f"{wording.ABOUT}\n\n{wording.others(0)}")]
    taken = context.cost([*around, *last.messages])
    return budget - taken - reserve


def _name(candidates: list[Candidate], room: int, share: int, *, last: int) -> int:
    """Let files be named, the newest first, as long as their names take no more than their share; return what is left.

    A file that is not named is not sent either: a conversation may have more files than a window has room for names.
    """
    left = min(room, share)
    for number, each in enumerate(candidates):
        # All that stands around what is sent of it, at its longest.
        mark = each.attached.sha256[:MARK_CHARACTERS]
        tokens = estimate(
            wording.unread(each.attached.name, mark, LONGEST_REASON) + wording.excerpt("", "", [], each.count)
        )
        if tokens > left and (number or each.turn != last):
            # Those that are older too, so that it can be said which ones are missing.
            break
        each.named = True
        left -= tokens
        room -= tokens
    for each in candidates:
        if not each.named:
            each.why = each.why or "no_room"
    return room


def _add_images(candidates: list[Candidate], room: int, *, vision: bool, last: int, failed: set[int]) -> int:
    """Take pictures, the newest first; return what room is left.

    A question with nothing but pictures is for the model to refuse, if it cannot see.
    """
    left = IMAGES_SENT
    for each in candidates:
        if not each.pictures:
            continue
        if each.turn in failed:
            # They may be what it failed for, and would make every later question fail with it.
            each.why = "question_failed"
            continue
        if not vision and (each.turn != last or each.count):
            each.why = "no_vision"
            continue
        # One of the question's own is sent in any case.
        fitting = max(room // TOKENS_PER_IMAGE, int(each.turn == last and left == IMAGES_SENT))
        number = min(each.pictures, left, max(0, fitting))
        if number < each.pictures:
            each.why = "some_pictures" if number else "no_room"
        if number:
            each.images = _pictures(each, number)
            left -= len(each.images)
            room -= TOKENS_PER_IMAGE * len(each.images)
    return room


def _pictures(candidate: Candidate, number: int) -> list[bytes]:
    file = StoredFile.objects.get(pk=candidate.attached.file)
    fields = [file.image] if file.image else [page.image for page in file.drawn_pages.all()[:number]]
    pictures = []
    try:
        for each in fields:
            with each.open("rb") as opened:
                pictures.append(opened.read())
    except Exception:
        # Each storage has errors of its own; without its pictures the conversation can go on.
        logger.exception("The pictures of file %s could not be opened", file.pk)
        candidate.why = "unreadable"
        return []
    return pictures


def _add_whole(candidates: list[Candidate], room: int) -> int:
    """Take whole files, the newest first, as long as they fit; return what room is left."""
    for each in candidates:
        if each.count and each.text_tokens <= room:
            each.whole = True
            room -= each.text_tokens
    texts = {each.attached.file: each.text for each in candidates if each.whole}
    for passage in Passage.objects.filter(file__in=texts):
        texts[passage.file_id].append(passage)
    return room


def _add_passages(candidates: list[Candidate], room: int, question: str, meaning: Meaning | None) -> None:
    """Take from files that do not fit the passages that the question is about, as many as there is room for."""
    if not candidates:
        return
    kept = PassageIndex.objects.in_bulk([each.attached.file for each in candidates], field_name="file_id")
    indexes = [Index.unpacked(bytes(kept[each.attached.file].data)) for each in candidates]
    sizes: list[dict[int, int]] = [{} for _ in candidates]
    numbers = {each.attached.file: number for number, each in enumerate(candidates)}
    rows = Passage.objects.filter(file__in=numbers).order_by().values_list("file", "position", "tokens")
    for file, position, size in rows:
        sizes[numbers[file]][position] = size
    chosen: list[set[int]] = [set() for _ in candidates]
    ranked = fused(rank(question, indexes), _by_meaning(candidates, question, meaning))
    for number, position in chain(ranked, _in_order(sizes)):
        tokens = sizes[number].get(position)
        if tokens is None or position in chosen[number]:
            continue
        if tokens + PAGE_TOKENS > room:
            break
        chosen[number].add(position)
        room -= tokens + PAGE_TOKENS
    for each, positions in zip(candidates, chosen, strict=True):
        if positions:
            each.passages = list(Passage.objects.filter(file=each.attached.file, position__in=positions))
        if not each.passages:
            each.why = each.why or "no_room"
            each.by = each.by_words_because = ""


def _by_meaning(candidates: list[Candidate], question: str, meaning: Meaning | None) -> list[tuple[int, int]]:
    """Return the passages that are near to the question, as far as models tell, and put down how each file's are
    chosen; raises MeaningWanted."""
    wanted = settings.EMBEDDING["model"]
    for each in candidates:
        each.by = BY_WORDS
        each.by_words_because = NOT_READY if wanted and each.embedding_model != wanted else ""
    ready = {
        each.attached.file: number
        for number, each in enumerate(candidates)
        if wanted and each.embedding_model == wanted and question.strip()
    }
    if ready and meaning is None:
        raise MeaningWanted(question)
    if not ready or meaning is None:
        return []
    found = [] if meaning.trouble else near(meaning, ready)
    for number in ready.values():
        candidates[number].by = BY_BOTH if found else BY_WORDS
        # A model of the same name whose vectors are others by now has embedded none of it.
        candidates[number].by_words_because = "" if found else meaning.trouble or NOT_READY
    return found


def _in_order(sizes: list[dict[int, int]]) -> Iterator[tuple[int, int]]:
    """Yield all passages from the beginning, of each file in turn: "summarise it" has no words to look for."""
    for position in range(max(map(len, sizes))):
        for number, there in enumerate(sizes):
            if position in there:
                yield number, position


def _question(history: list[context.Past]) -> str:
    """Return the words to look for: the last question's, and the one's before it if that one says little."""
    asked = [past.messages[0].text for past in history if past.messages and past.messages[0].role == "user"]
    last = asked[-1] if asked else ""
    if len(last.split()) < SHORT_QUESTION_WORDS and len(asked) > 1:
        return f"{last}\n{asked[-2]}"
    return last


def _opening(files: list[Candidate]) -> Said | None:
    """Return the message with the whole files, and a word on each of which nothing is sent."""
    if not files:
        return None
    blocks = [_block(each) for each in files if each.named and (not each.passages or each.whole)]
    unnamed = sum(not each.named for each in files)
    others = wording.others(unnamed) if unnamed else ""
    images = tuple(image for each in files if each.early for image in each.images)
    return Said(role="user", text="\n\n".join(filter(None, [wording.ABOUT, others, *blocks])), images=images)


def _with_pictures(past: context.Past, number: int, files: list[Candidate], *, last: int) -> context.Past:
    """Return a turn with its pictures, and the last one with the passages that were chosen for it."""
    images = tuple(image for each in files if each.turn == number and not each.early for image in each.images)
    chosen = [_block(each) for each in files if number == last and each.passages and not each.whole]
    if not past.messages or not (images or chosen):
        return past
    question, *answers = past.messages
    return replace(
        past, messages=(replace(question, text="\n\n".join([*chosen, question.text]), images=images), *answers)
    )


def _block(candidate: Candidate) -> str:
    attached = candidate.attached
    mark = attached.sha256[:MARK_CHARACTERS]
    if candidate.whole:
        return wording.whole(attached.name, mark, candidate.text)
    if candidate.passages:
        return wording.excerpt(attached.name, mark, candidate.passages, candidate.count)
    if candidate.images:
        return wording.pictured(attached.name, mark) if candidate.early else ""
    return wording.unread(attached.name, mark, REASONS.get(candidate.why, "No text was found in it."))
