"""Making an export: on the disk first, so that it is whole before its first byte leaves, and never all in memory."""

import tempfile
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import IO, Any

from django.conf import settings
from django.core.cache import cache
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from accounts import audit
from chatsite import counting
from chatsite.ids import uuid_or

from ..errors import Invalid, NotFound, OverQuota
from ..models import Conversation
from . import archive, complete, markdown, names, page, printing, scope, text, word

# Smaller ones never touch the disk.
IN_MEMORY_BYTES = 1024 * 1024
# Of those that are named one by one.
MOST_MESSAGES = 1000
# How many one person has made at the same time, and after how long one counts as lost.
AT_ONCE = 2
LOST_SECONDS = 900
BUSY_SECONDS = 5
MINUTE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Export:
    """A file that is ready: open at its beginning, deleted when it is closed."""

    file: IO[bytes]
    name: str
    media_type: str


@dataclass(frozen=True, slots=True)
class Kind:
    """A format: what its files are called, and how one is written."""

    label: Any
    extension: str
    media_type: str
    write: Callable[[scope.Scope, IO[bytes]], None]


def _written(pieces: Callable[[scope.Scope], Iterator[bytes]], what: scope.Scope, target: IO[bytes]) -> None:
    target.writelines(pieces(what))


WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
KINDS = {
    "json": Kind("JSON", "json", "application/json", partial(_written, complete.as_json)),
    "zip": Kind(_("JSON with files"), "zip", "application/zip", archive.pack),
    "pdf": Kind("PDF", "pdf", "application/pdf", printing.write_pdf),
    "docx": Kind("Word", "docx", WORD, word.write_docx),
    "md": Kind("Markdown", "md", "text/markdown; charset=utf-8", partial(_written, markdown.as_markdown)),
    "html": Kind(_("Web page"), "html", "text/html; charset=utf-8", partial(_written, page.as_html)),
    "txt": Kind(_("Plain text"), "txt", "text/plain; charset=utf-8", partial(_written, text.as_text)),
}


def make(
    *,
    conversation: Conversation,
    user: Any,
    kind: str,
    branch: str | None = None,
    message: str | None = None,
    up_to: bool = False,
) -> Export:
    """Return a conversation as a file: all of it, or the branch that ends in a turn, or messages, with commas between,
    or with `up_to` the branch that ends with the last of them.

    Raises Invalid, NotFound or OverQuota.
    """
    if kind not in KINDS:
        raise Invalid(gettext("The format is one of: %(kinds)s.") % {"kinds": ", ".join(KINDS)}, code="unknown_format")
    if branch and message:
        raise Invalid(gettext("Name a branch or a message, not both."))
    found = KINDS[kind]
    chosen = [_id(each, "message") for each in message.split(",")] if message else []
    if len(chosen) > MOST_MESSAGES:
        raise Invalid(
            gettext("Choose %(most)s messages at most, or a branch.") % {"most": MOST_MESSAGES},
            code="too_many_messages",
        )
    what = scope.of(conversation, branch=_id(branch, "branch") if branch else None, messages=chosen)
    if up_to:
        branch, chosen = str(what.leaf), []
        what = scope.of(conversation, branch=what.leaf)
    part: dict[str, Any] = {"format": kind, "branch": branch, "message": str(chosen[0]) if len(chosen) == 1 else None}
    if len(chosen) > 1:
        part["messages"] = len(chosen)
    entry = partial(_enter, user, conversation, {name: value for name, value in part.items() if value})

    def write(target: IO[bytes]) -> None:
        found.write(what, target)
        # Deleted meanwhile, it may have been read in part.
        if not Conversation.objects.visible_to(user).filter(pk=conversation.pk).exists():
            raise NotFound

    file = _made(user, write, entry)
    return Export(file, names.file_name(str(conversation), found.extension), found.media_type)


def make_everything(*, user: Any) -> Export:
    """Return everything that this person has as an archive; raises OverQuota."""

    def entry(file: IO[bytes]) -> None:
        audit.enter("everything.exported", actor=user, whom=user)

    file = _made(user, partial(archive.pack_everything, user), entry)
    return Export(file, "chatsite.zip", "application/zip")


def make_case(
    *, user: Any, name: str, write: Callable[[IO[bytes]], None], enter: Callable[[IO[bytes]], None]
) -> Export:
    """Return an archive of what others have said, entered with the file at hand; raises OverQuota."""
    return Export(_made(user, write, enter), name, "application/zip")


def _enter(user: Any, conversation: Conversation, part: dict[str, Any], file: IO[bytes]) -> None:
    audit.enter("conversation.exported", actor=user, target=conversation, **part)


def _made(user: Any, write: Callable[[IO[bytes]], None], enter: Callable[[IO[bytes]], None]) -> IO[bytes]:
    """Return the file once it is written and entered in the audit ledger: nothing leaves without its entry."""
    _check_pace(user)
    with place(
        user,
        "export",
        AT_ONCE,
        busy=gettext("%(at_once)s exports of yours are being made. Wait for one of them.") % {"at_once": AT_ONCE},
    ):
        file = tempfile.SpooledTemporaryFile(IN_MEMORY_BYTES, prefix="chatsite-export-")  # noqa: SIM115
        try:
            write(file)
            enter(file)
        except BaseException:
            file.close()
            raise
    file.seek(0)
    return file


def _check_pace(user: Any) -> None:
    key = f"exports:{user.pk}"
    if settings.EXPORTS_PER_MINUTE and counting.count(key, MINUTE_SECONDS) > settings.EXPORTS_PER_MINUTE:
        wait = counting.remaining(key, MINUTE_SECONDS)
        raise OverQuota(
            gettext("That were many exports. Have the next one made in %(wait)s s.") % {"wait": wait}, retry_after=wait
        )


@contextmanager
def place(user: Any, work: str, at_once: int, *, busy: str) -> Iterator[None]:
    """Hold one of the few places that a person has for a kind of work while it is done; raises OverQuota."""
    mine = uuid.uuid4().hex
    for number in range(at_once):
        held = f"{work}:{user.pk}:{number}"
        if cache.add(held, mine, LOST_SECONDS):
            break
    else:
        raise OverQuota(busy, retry_after=BUSY_SECONDS)
    try:
        yield
    finally:
        if cache.get(held) == mine:
            cache.delete(held)


def _id(value: str, name: str) -> uuid.UUID:
    return uuid_or(Invalid(gettext("`%(name)s` is an id.") % {"name": name}), value)
