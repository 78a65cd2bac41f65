"""Files that people have attached, with all that is kept of what was read of them."""

import hashlib
from dataclasses import dataclass, field

from django.core.files.base import ContentFile

from ... import passages
from ...bulk import insert
from ...extraction import Section
from ...models import Attachment, Message, Passage, PassageIndex, SearchEntry, StoredFile
from .words import Words

# Answers that a file is put together of: of a letter, and of a book, which some of them are.
SHORT, LONG, LONG_SHARE = 12, 600, 0.05


@dataclass(slots=True)
class Papers:
    """New rows of files, to be written after the messages that have them."""

    files: list[StoredFile] = field(default_factory=list)
    passages: list[Passage] = field(default_factory=list)
    indexes: list[PassageIndex] = field(default_factory=list)
    attachments: list[Attachment] = field(default_factory=list)
    search: list[SearchEntry] = field(default_factory=list)

    def add(self, *, owner, question: Message, topic: str, words: Words) -> None:
        """Add a file about a topic, attached to a question."""
        length = LONG if words.chance.random() < LONG_SHARE else SHORT
        # The last line tells it from what the same chance wrote before.
        text = "\n\n".join([*(words.answer(topic) for _ in range(length)), f"Question {question.pk}"])
        content = text.encode()
        file = StoredFile(
            owner=owner,
            sha256=hashlib.sha256(content).hexdigest(),
            size=len(content),
            kind=StoredFile.Kind.TEXT,
            media_type="text/plain",
            receipt={"kind": "text", "bytes": len(content), "characters": len(text), "words": len(text.split())},
            created_at=question.created_at,
        )
        said = passages.of(file, [Section(text=text)])
        file.tokens = sum(each.tokens for each in said)
        file.receipt["tokens"] = file.tokens
        file.content.save(topic, ContentFile(content), save=False)
        self.files.append(file)
        self.passages += said
        found = passages.index(file, said)
        if found is not None:
            self.indexes.append(PassageIndex(file=file, data=found.data))
            self.search += found.entries
        self.attachments.append(
            Attachment(
                owner=owner, file=file, message=question, name=f"{topic} notes.txt", created_at=question.created_at
            )
        )

    def write(self) -> None:
        """Insert them all."""
        for rows in (self.files, self.passages, self.indexes, self.attachments, self.search):
            insert(rows)
            rows.clear()
