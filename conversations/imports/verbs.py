"""What a person can do with an export: bring it in."""

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext

from accounts import audit
from accounts.models import User
from chatsite import counting
from chatsite.languages import grouped

from .. import attachments, exports, storage
from ..errors import OverQuota, TooLarge
from ..models import Attachment, Conversation, StoredFile
from . import account
from .account import Brought
from .reading import Parcel

# How many imports one person may begin in a minute.
IMPORTS_PER_MINUTE = 10
MINUTE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Imported:
    """The new conversations, the names of files that were attached in them and are not here, and what an archive of
    everything had of its account."""

    conversations: list[Conversation]
    missing: list[str]
    account: Brought | None = None


def take_in(*, owner: Any, upload: Any, preferences: bool = False) -> Imported:
    """Return what was imported out of an uploaded export, all of it committed; if anything is wrong, nothing is.

    With `preferences` the settings in an archive of everything take the place of the owner's. Raises Invalid,
    TooLarge, Unreadable or OverQuota.
    """
    _check_pace(owner)
    # An archive may hold thousands of files to read.
    with exports.place(owner, "import", 1, busy=gettext("An import of yours is being read. Wait for it.")):
        parcel = Parcel(Path(upload.temporary_file_path()))
        try:
            names = _checked(parcel)
            with _files(owner, parcel, names):
                return _written(owner, parcel, names, preferences)
        finally:
            parcel.close()


def _checked(parcel: Parcel) -> dict[str, str]:
    """Return a name for each file that is attached, by its digest, of conversations that are as they should be."""
    from .tree import in_order

    names: dict[str, str] = {}
    messages = 0
    for export in parcel.conversations():
        messages += sum(len(turn.messages) for turn in export.turns)
        if messages > settings.IMPORT_MAX_MESSAGES:
            limit = settings.IMPORT_MAX_MESSAGES
            raise TooLarge(
                gettext("An import may have %(limit)s messages at most.") % {"limit": grouped(limit)},
                code="import_too_large",
            )
        for turn, _ in in_order(export):
            for message in turn.messages:
                names.update({each.sha256: each.name for each in message.attachments})
    return names


@contextmanager
def _files(owner: Any, parcel: Parcel, names: Mapping[str, str]) -> Iterator[None]:
    """Keep the importer's own copies of the files, read like any upload, for as long as it takes to attach them."""
    waiting: list[Attachment] = []
    try:
        with tempfile.TemporaryDirectory(prefix="chatsite-import-") as folder:
            for sha256, name in names.items():
                if parcel.has_file(sha256):
                    path = Path(folder) / sha256
                    parcel.unpack(sha256, path)
                    waiting.append(attachments.take_in(owner=owner, path=path, name=attachments.clean_name(name)))
                    path.unlink()
        yield
    finally:
        # They were attached anew; what was not goes again.
        for each in waiting:
            storage.drop_waiting(each.pk)


@transaction.atomic
def _written(owner: Any, parcel: Parcel, names: Mapping[str, str], preferences: bool) -> Imported:
    from .writing import Writer

    form = parcel.account()
    if form and preferences:
        # A person before what is theirs.
        User.objects.select_for_update(no_key=True).filter(pk=owner.pk).values_list("pk").first()
    brought = account.bring_prompts(owner=owner, form=form) if form else None
    # Also files that an export without bytes names, if they are the importer's already. They must not go meanwhile.
    mine = StoredFile.objects.select_for_update(no_key=True).filter(owner=owner, sha256__in=names)
    files = {file.sha256: file for file in mine.order_by("pk")}
    made = [Writer(export, owner=owner, files=files).write() for export in parcel.conversations()]
    if form and brought and preferences:
        account.bring_preferences(owner=owner, form=form, brought=brought)
    ids = [str(each.pk) for each in made]
    of_account: dict[str, Any] = (
        {"prompts": len(brought.prompts), "preferences": brought.preferences} if brought else {}
    )
    audit.enter("conversations.imported", actor=owner, whom=owner, count=len(ids), conversations=ids, **of_account)
    return Imported(made, sorted({name for sha256, name in names.items() if sha256 not in files}), brought)


def _check_pace(owner: Any) -> None:
    key = f"imports:{owner.pk}"
    if counting.count(key, MINUTE_SECONDS) > IMPORTS_PER_MINUTE:
        wait = counting.remaining(key, MINUTE_SECONDS)
        raise OverQuota(
            gettext("That were many imports. Send the next one in %(wait)s s.") % {"wait": wait}, retry_after=wait
        )
