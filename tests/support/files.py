"""Files that are attached without anybody having read them."""

import hashlib

from django.core.files.base import ContentFile

from accounts.models import User
from conversations import passages
from conversations.extraction import Section
from conversations.models import Attachment, StoredFile


def attach(owner: User, *, text: str = "Some words.", name: str = "words.txt", **fields) -> Attachment:
    """Return an attachment of a text that was not sent yet, with a thumbnail."""
    content = text.encode()
    file = StoredFile(
        owner=owner, sha256=hashlib.sha256(content).hexdigest(), size=len(content), kind="text", media_type="text/plain"
    )
    file.content.save("content", ContentFile(content), save=False)
    file.thumbnail.save("thumbnail", ContentFile(b"not really a picture"), save=False)
    said = passages.of(file, [Section(text=text)])
    file.tokens = sum(each.tokens for each in said)
    file.save()
    passages.keep(file, said, passages.index(file, said))
    return Attachment.objects.create(owner=owner, file=file, name=name, **fields)
