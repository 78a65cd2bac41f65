"""What a person can do with a file: attach it, look at it, take it back."""

import hashlib
import unicodedata
import uuid
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath

from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.files.base import ContentFile, File
from django.core.files.storage import Storage
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.db import connection, transaction
from django.db.models import Sum
from django.utils.formats import number_format
from django.utils.translation import gettext

from chatsite import counting
from llm.tokens import TOKENS_PER_IMAGE

from . import embedding, extraction, passages, storage
from .errors import AttachmentSent, Invalid, NotFound, OverQuota, TooLarge, Unreadable
from .models import Attachment, DrawnPage, Message, Passage, StoredFile

NAME_CHARACTERS = 150
EXTENSION_CHARACTERS = 20
# Over how many seconds a person's uploads are counted.
PACE_SECONDS = 60


def receive(*, owner, upload: TemporaryUploadedFile) -> Attachment:
    """Return a new attachment, not sent yet, of a file that was read as far as it can be; this takes seconds.

    The same file is kept once for each person. Raises Invalid, TooLarge, Unreadable or OverQuota.
    """
    _check_pace(owner)
    return take_in(owner=owner, path=Path(upload.temporary_file_path()), name=clean_name(upload.name or ""))


def take_in(*, owner, path: Path, name: str) -> Attachment:
    """Return a new attachment, not sent yet, of a file on the disk, by a clean name; raises as `receive` does."""
    size = path.stat().st_size
    if not size:
        raise Unreadable(gettext("This file is empty."), code="empty")
    if size > settings.UPLOAD_MAX_BYTES:
        raise TooLarge(
            gettext("A file may have %(megabytes)s at most.") % {"megabytes": megabytes(settings.UPLOAD_MAX_BYTES)},
            code="file_too_large",
        )
    digest = _digest(path)
    known = _attach_known(owner, digest, name)
    if known is not None:
        return known
    _check_room(owner, size)
    let_connection_go()
    try:
        extract = extraction.read(path, name=name, whose=owner.pk)
    except extraction.ExtractionError as error:
        raise Unreadable(error.detail, code=error.code) from None
    return _keep(owner, path, digest, name, extract)


@contextmanager
def received(*, owner, uploads: Iterable[TemporaryUploadedFile]) -> Iterator[list[uuid.UUID]]:
    """Give the ids of attachments of these files for as long as it takes to send them; what was not sent goes again."""
    ids: list[uuid.UUID] = []
    try:
        for upload in uploads:
            ids.append(receive(owner=owner, upload=upload).pk)
            # Its copy on the disk would stay until the answer has been streamed.
            upload.close()
        yield ids
    finally:
        for each in ids:
            storage.drop_waiting(each)


def find(*, attachment_id, user) -> Attachment:
    """Return the attachment if this person may see it; raises NotFound."""
    try:
        return Attachment.objects.visible_to(user).select_related("file").get(pk=attachment_id)
    except Attachment.DoesNotExist:
        raise NotFound from None


def waiting(*, user, ids: Sequence[str]) -> list[Attachment]:
    """Return those of these attachments that this person may see and that were not sent yet, in their order."""
    mine = Attachment.objects.visible_to(user).waiting().filter(pk__in=ids).select_related("file")
    return sorted(mine, key=lambda each: ids.index(str(each.pk)))


def take_back(*, attachment: Attachment) -> None:
    """Delete an attachment that was not sent yet; raises AttachmentSent if it was: it goes with its conversation."""
    if not storage.drop_waiting(attachment.pk):
        raise AttachmentSent(gettext("This file was sent. It is deleted with its conversation."))


def check_number(ids: Sequence) -> None:
    """Raise Invalid if a question cannot have so many files, or one of them twice."""
    if len(ids) > settings.UPLOADS_PER_TURN:
        raise Invalid(
            gettext("A question may have %(uploads_per_turn)s files at most.")
            % {"uploads_per_turn": settings.UPLOADS_PER_TURN},
            code="too_many_attachments",
        )
    if len({str(each) for each in ids}) < len(ids):
        raise Invalid(gettext("One file is attached twice."), code="attached_twice")


def send(*, author, ids: Sequence, question: Message) -> list[Attachment]:
    """Return the attachments, in the order of their ids, now sent with the question.

    Raises NotFound or AttachmentSent.
    """
    # Locked in one order, whatever the order of the question: two that share files wait, and not for each other.
    mine = Attachment.objects.visible_to(author).select_for_update(of=("self",)).filter(pk__in=ids)
    found = {str(each.pk): each for each in mine.select_related("file").order_by("pk")}
    sent = [found[str(each)] for each in ids if str(each) in found]
    if len(sent) < len(ids):
        raise NotFound(gettext("A file is not there any more. Attach it again."), code="attachment_not_found")
    for position, attachment in enumerate(sent):
        if attachment.message_id is not None:
            raise AttachmentSent
        attachment.message, attachment.position = question, position
    Attachment.objects.bulk_update(sent, ["message", "position"])
    return sent


def contents(*, author, ids: Sequence[str]) -> list[str]:
    """Return for each id what tells its file from others, the same for one that was uploaded again by that name."""
    if not ids:
        return []
    mine = Attachment.objects.visible_to(author).filter(pk__in=ids).values_list("pk", "file__sha256", "name")
    known = {str(pk): f"{sha256} {name}" for pk, sha256, name in mine}
    return [known.get(each, each) for each in ids]


def send_again(*, attachments: Iterable[Attachment], question: Message) -> list[Attachment]:
    """Return new attachments of the same files, sent with a question that is asked again or differently."""
    again = [
        Attachment(owner=each.owner, file=each.file, message=question, name=each.name, position=each.position)
        for each in attachments
    ]
    return Attachment.objects.bulk_create(again)


def clean_name(name: str) -> str:
    """Return a file's name as it is shown: no folders, nothing invisible, not too long; raises Invalid for NUL."""
    if "\x00" in name:
        raise Invalid(gettext("The name of the file holds a NUL character."), code="invalid_name")
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    # Controls, marks that turn the direction of writing, and what cannot be seen at all.
    shown = "".join(
        letter for letter in base if unicodedata.category(letter) not in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
    )
    shown = " ".join(shown.split())
    if not shown.strip(". "):
        return "file"
    if len(shown) > NAME_CHARACTERS:
        ending = PurePosixPath(shown).suffix[:EXTENSION_CHARACTERS]
        shown = shown[: NAME_CHARACTERS - len(ending)] + ending
    return shown


def megabytes(size: int) -> str:
    """Return a number of bytes as people say it."""
    return f"{number_format(f'{size / 1024 / 1024:.4g}')} MB"


def let_connection_go() -> None:
    """Give the database connection back to its pool: whoever waits for another process needs none."""
    if connection.vendor == "postgresql" and not connection.in_atomic_block:
        connection.close()


def _check_pace(owner) -> None:
    """Raise OverQuota if this person sends files faster than anybody needs to."""
    key = f"uploads:{owner.pk}"
    if settings.UPLOADS_PER_MINUTE and counting.count(key, PACE_SECONDS) > settings.UPLOADS_PER_MINUTE:
        wait = counting.remaining(key, PACE_SECONDS)
        raise OverQuota(
            gettext("That were many files. Send the next one in %(wait)s s.") % {"wait": wait}, retry_after=wait
        )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@transaction.atomic
def _attach_known(owner, digest: str, name: str) -> Attachment | None:
    # It must not go meanwhile; a question that is asked again with it need not wait.
    file = StoredFile.objects.select_for_update(no_key=True).filter(owner=owner, sha256=digest).first()
    return None if file is None else Attachment.objects.create(owner=owner, file=file, name=name)


def _check_room(owner, size: int) -> None:
    limit = settings.USER_FILES_BYTES
    if not limit:
        return
    used = StoredFile.objects.filter(owner=owner).aggregate(used=Sum("size"))["used"] or 0
    if used + size > limit:
        raise TooLarge(
            gettext("Your files may have %(megabytes)s together. Delete conversations with files to make room.")
            % {"megabytes": megabytes(limit)},
            code="files_full",
        )


def _keep(owner, path: Path, digest: str, name: str, extract: extraction.Extract) -> Attachment:
    """Commit the file with all that was read of it; what was written for nothing is deleted again."""
    file = StoredFile(
        owner=owner,
        sha256=digest,
        size=path.stat().st_size,
        kind=extract.kind,
        media_type=extract.media_type,
        receipt=extract.receipt,
    )
    drawn = [DrawnPage(file=file, page=each.page) for each in extract.page_images]
    kept: list[tuple[Storage, str]] = []

    def write(field, content: File) -> None:
        field.save(uuid.uuid4().hex, content, save=False)
        kept.append((field.storage, field.name))

    try:
        with path.open("rb") as content:
            write(file.content, File(content))
        for field, image in ((file.image, extract.image), (file.thumbnail, extract.thumbnail)):
            if image:
                write(field, ContentFile(image))
        for page, picture in zip(drawn, extract.page_images, strict=True):
            write(page.image, ContentFile(picture.jpeg))
        text = passages.of(file, extract.sections)
        index = passages.index(file, text)
        pictures = bool(extract.image) + len(drawn)
        file.tokens = sum(each.tokens for each in text) + TOKENS_PER_IMAGE * pictures
        file.receipt = {**extract.receipt, "tokens": file.tokens}
        attachment = _commit(file, drawn, text, index, name)
    except BaseException:
        storage.delete(kept)
        raise
    if attachment.file_id != file.pk:
        # The same file came twice at once, and the other one was kept.
        storage.delete(kept)
    return attachment


@transaction.atomic
def _commit(
    file: StoredFile, drawn: list[DrawnPage], text: list[Passage], index: passages.Found | None, name: str
) -> Attachment:
    owner = get_user_model().objects.select_for_update(no_key=True).filter(pk=file.owner_id).first()
    # One at a time for each person, so that two files at once cannot both be new, or both take the last room.
    if owner is None:
        raise NotFound
    if known := _attach_known(owner, file.sha256, name):
        return known
    _check_room(owner, file.size)
    file.save(force_insert=True)
    DrawnPage.objects.bulk_create(drawn)
    passages.keep(file, text, index)
    if text:
        embedding.queue(file.pk)
    return Attachment.objects.create(owner=owner, file=file, name=name)
