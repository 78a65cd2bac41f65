"""Whether the turns of an export make a tree of conversations that could have been had here."""

import uuid
from collections import Counter
from collections.abc import Iterable

from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from ..models import Message
from ..turns import DEPTH_LIMIT
from .form import ExportForm, TurnForm
from .reading import NotAnExport


def in_order(export: ExportForm) -> list[tuple[TurnForm, int]]:
    """Return the turns with their depths, each after the one that it answers; raises NotAnExport."""
    turns = export.turns
    _check_unique(_("turn"), (turn.id for turn in turns))
    _check_unique(_("message"), (message.id for turn in turns for message in turn.messages))
    _check_unique(
        "attachment", (each.id for turn in turns for message in turn.messages for each in message.attachments)
    )
    _check_unique(_("digest"), (digest.id for digest in export.digests))
    _check_unique(_("version of a digest"), ((digest.through, digest.version) for digest in export.digests))
    _check_unique(_("summary"), (summary.number for summary in export.summaries))
    _check_unique(_("file"), (file.sha256 for file in export.files))
    known = {turn.id for turn in turns}
    _check_known("leaf", known, [export.conversation.leaf, *(summary.leaf for summary in export.summaries)])
    _check_known("parent", known, (turn.parent for turn in turns))
    _check_known("continues", known, (turn.continues for turn in turns))
    _check_known("through", known, (digest.through for digest in export.digests))
    _check_known("digest", {digest.id for digest in export.digests}, (turn.digest for turn in turns))
    files = {file.sha256 for file in export.files}
    for turn in turns:
        _check_said(turn, files)
    return _walked(turns)


def _walked(turns: list[TurnForm]) -> list[tuple[TurnForm, int]]:
    below: dict[uuid.UUID | None, list[TurnForm]] = {}
    for turn in turns:
        below.setdefault(turn.parent, []).append(turn)
    found: list[tuple[TurnForm, int]] = []
    level, depth = below.get(None, []), 0
    while level:
        if depth > DEPTH_LIMIT:
            raise NotAnExport(gettext("A branch of it is too long."))
        found += ((turn, depth) for turn in level)
        level = [child for turn in level for child in below.get(turn.id, [])]
        depth += 1
    if len(found) < len(turns):
        raise NotAnExport(gettext("Some of its turns answer each other in a circle."))
    return found


def _check_said(turn: TurnForm, files: set[str]) -> None:
    question, *answers = turn.messages
    roles = [answer.role for answer in answers]
    if question.role != Message.Role.USER or Message.Role.USER in roles or Message.Role.ASSISTANT not in roles:
        raise NotAnExport(gettext("A turn is a question of the user, then what answers it."))
    if any(said.feedback and said.role != Message.Role.ASSISTANT for said in turn.messages):
        raise NotAnExport(gettext("Thumbs are given to answers only."))
    if any(answer.attachments for answer in answers):
        raise NotAnExport(gettext("Files are attached to questions only."))
    if any(attachment.sha256 not in files for attachment in question.attachments):
        raise NotAnExport(gettext("A file is attached that is not among the files."))


def _check_unique(name: str, values: Iterable) -> None:
    if any(count > 1 for count in Counter(values).values()):
        raise NotAnExport(gettext("The same %(name)s is there twice.") % {"name": gettext(name)})


def _check_known(name: str, known: set[uuid.UUID], ids: Iterable[uuid.UUID | None]) -> None:
    if any(id is not None and id not in known for id in ids):
        raise NotAnExport(gettext("What its “%(name)s” names is not in the export.") % {"name": name})
