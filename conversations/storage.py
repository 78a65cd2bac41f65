"""The bytes of attached files: gone within a moment when the last row that needs them is deleted."""

import datetime
import logging
import re
import uuid
from collections.abc import Iterable, Iterator
from functools import partial

from django.conf import settings
from django.core.files.storage import Storage, default_storage
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.signals import post_delete
from django.utils import timezone

from .models import Attachment, Discarded, DrawnPage, StoredFile

logger = logging.getLogger(__name__)

# Bytes without a row are left alone for so long: their row may be on its way.
ORPHAN_HOURS = 24
# A deletion that is not done after so long was interrupted.
DISCARD_SECONDS = 20
BATCH = 500
OUR_NAME = re.compile(r"[0-9a-f]{32}")


def connect() -> None:
    """Let every deletion of a row, also by cascade, delete what nothing needs any more."""
    post_delete.connect(_attachment_gone, sender=Attachment, dispatch_uid="attachment gone")
    post_delete.connect(_file_gone, sender=StoredFile, dispatch_uid="file gone")
    post_delete.connect(_drawing_gone, sender=DrawnPage, dispatch_uid="drawing gone")


def drop_waiting(attachment_id: uuid.UUID) -> bool:
    """Delete an attachment that was not sent yet; return whether it was one."""
    with transaction.atomic():
        # Locked first: Django's own deletion looks and then deletes, and it may be sent between the two.
        attachment = Attachment.objects.select_for_update().waiting().filter(pk=attachment_id).first()
        if attachment is not None:
            attachment.delete()
    return attachment is not None


def drop_unused(file_id: uuid.UUID) -> None:
    """Delete a file that is attached nowhere."""
    with transaction.atomic():
        file = StoredFile.objects.select_for_update().filter(pk=file_id).first()
        if file is not None and not file.attachments.exists():
            file.delete()


def unsent() -> QuerySet[Attachment]:
    """Return the attachments that were uploaded long ago and never sent."""
    late = timezone.now() - datetime.timedelta(hours=settings.UPLOAD_KEPT_HOURS)
    return Attachment.objects.waiting().filter(created_at__lt=late)


def unused() -> QuerySet[StoredFile]:
    """Return the files that are attached nowhere, which a crash may have left."""
    return StoredFile.objects.filter(~Exists(Attachment.objects.filter(file=OuterRef("pk"))))


def orphans() -> Iterator[str]:
    """Yield the names of all bytes in the storage that belong to no row and are not new."""
    late = timezone.now() - datetime.timedelta(hours=ORPHAN_HOURS)
    for folder in _folders():
        names = [f"{folder}/{name}" for name in default_storage.listdir(folder)[1] if _is_ours(folder, name)]
        for start in range(0, len(names), BATCH):
            batch = names[start : start + BATCH]
            known = _known(batch)
            yield from (name for name in batch if name not in known and default_storage.get_modified_time(name) < late)


def names() -> Iterator[str]:
    """Yield the names of all bytes that rows need, a few rows at a time."""
    for field in ("content", "image", "thumbnail"):
        kept = StoredFile.objects.exclude(**{field: ""}).values_list(field, flat=True)
        yield from kept.order_by().iterator(BATCH)
    yield from DrawnPage.objects.order_by().values_list("image", flat=True).iterator(BATCH)


def drop_unsent() -> int:
    """Delete what was never sent; return how many uploads that were."""
    return sum(drop_waiting(each) for each in list(unsent().values_list("pk", flat=True)))


def drop_all_unused() -> int:
    """Delete the files that are attached nowhere; return how many there were."""
    found = list(unused().values_list("pk", flat=True))
    for file_id in found:
        drop_unused(file_id)
    return len(found)


def drop_discarded() -> int:
    """Delete the bytes of rows that are gone, where a crash or the storage was in the way; return how many pieces."""
    late = timezone.now() - datetime.timedelta(seconds=DISCARD_SECONDS)
    found = list(Discarded.objects.filter(created_at__lt=late))
    return sum(_discard(default_storage, each) for each in found)


def drop_orphans() -> int:
    """Delete the bytes that belong to nothing; return how many pieces that were."""
    found = list(orphans())
    delete((default_storage, name) for name in found)
    return len(found)


def delete(contents: Iterable[tuple[Storage, str]]) -> None:
    """Delete bytes that no row needs; what cannot be deleted now is found by the nightly clean-up."""
    for each, name in contents:
        _delete(each, name)


def _folders() -> list[str]:
    try:
        return [folder for folder in default_storage.listdir("")[0] if len(folder) == 2]
    except FileNotFoundError:
        return []


def _is_ours(folder: str, name: str) -> bool:
    """Whether a name in the storage can be one that `stored_name` made: a bucket may hold what others keep there."""
    return name.startswith(folder) and OUR_NAME.fullmatch(name) is not None


def _known(names: list[str]) -> set[str]:
    found: set[str] = set()
    for field in ("content", "image", "thumbnail"):
        found.update(StoredFile.objects.filter(**{f"{field}__in": names}).values_list(field, flat=True))
    found.update(DrawnPage.objects.filter(image__in=names).values_list("image", flat=True))
    return found


def _attachment_gone(sender, instance: Attachment, **signal) -> None:
    transaction.on_commit(partial(drop_unused, instance.file_id), robust=True)


def _file_gone(sender, instance: StoredFile, **signal) -> None:
    for field in instance.contents:
        _let_go(field.storage, str(field.name))


def _drawing_gone(sender, instance: DrawnPage, **signal) -> None:
    _let_go(instance.image.storage, str(instance.image.name))


def _let_go(storage: Storage, name: str) -> None:
    """Delete the bytes once their row is gone for good; their name goes last, so that no crash leaves them behind."""
    discarded = Discarded.objects.create(name=name)
    transaction.on_commit(partial(_discard, storage, discarded), robust=True)


def _discard(storage: Storage, discarded: Discarded) -> bool:
    deleted = _delete(storage, discarded.name)
    if deleted:
        discarded.delete()
    return deleted


def _delete(storage: Storage, name: str) -> bool:
    """Delete the bytes and return whether that could be done."""
    try:
        storage.delete(name)
    except Exception:
        # Each storage has errors of its own. It is tried again every minute.
        logger.warning("The bytes of a deleted file could not be deleted yet", exc_info=True)
        return False
    return True
