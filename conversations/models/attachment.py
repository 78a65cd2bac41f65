"""Files that people attach: the bytes once per person, what was read of them, and where they were attached."""

import uuid

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


def stored_name(instance: models.Model, name: str) -> str:
    """Return a random name; what the file is called is kept in a row, never in the storage."""
    random = uuid.uuid4().hex
    return f"{random[:2]}/{random}"


class StoredFile(models.Model):
    """One file of one person, kept once however often it is attached, with the receipt of what was read of it."""

    class Kind(models.TextChoices):
        IMAGE = "image", _("Image")
        PDF = "pdf", "PDF"
        DOCX = "docx", "DOCX"
        TEXT = "text", _("Text")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="files")
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField(help_text=_("In bytes."))
    kind = models.CharField(max_length=5, choices=Kind.choices)
    media_type = models.CharField(max_length=100)
    content = models.FileField(upload_to=stored_name, max_length=200)
    # What models get of an image, and what people see in place of the file: JPEG.
    image = models.FileField(upload_to=stored_name, max_length=200, blank=True)
    thumbnail = models.FileField(upload_to=stored_name, max_length=200, blank=True)
    receipt = models.JSONField(default=dict)
    tokens = models.PositiveIntegerField(default=0, help_text=_("Of its whole text, by our estimate."))
    embedding_model = models.CharField(
        max_length=200, blank=True, default="", help_text=_("The one whose vectors all of its passages have.")
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["owner", "sha256"], name="one_file_per_person")]

    def __str__(self) -> str:
        return f"{self.kind} file {self.id}"

    @property
    def contents(self) -> list[models.fields.files.FieldFile]:
        """What it has in the storage, without what was drawn of its pages."""
        return [each for each in (self.content, self.image, self.thumbnail) if each]


class DrawnPage(models.Model):
    """A page without text, drawn so that a model can look at it."""

    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="drawn_pages")
    page = models.PositiveIntegerField()
    image = models.FileField(upload_to=stored_name, max_length=200)

    class Meta:
        ordering = ["page"]
        constraints = [models.UniqueConstraint(fields=["file", "page"], name="one_drawing_per_page")]

    def __str__(self) -> str:
        return f"page {self.page} of {self.file_id}"


class Discarded(models.Model):
    """The name of bytes that no row needs any more, until they are deleted from the storage too."""

    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Passage(models.Model):
    """A part of a file's text, in order: all of them together are the whole text."""

    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="passages")
    position = models.PositiveIntegerField()
    page = models.PositiveIntegerField(null=True, blank=True)
    heading = models.CharField(max_length=200, blank=True)
    text = models.TextField()
    tokens = models.PositiveIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [models.UniqueConstraint(fields=["file", "position"], name="one_passage_per_position")]

    def __str__(self) -> str:
        return f"passage {self.position} of {self.file_id}"


class PassageIndex(models.Model):
    """The words of a file's passages, packed, so that a question finds the passages it is about."""

    file = models.OneToOneField(StoredFile, on_delete=models.CASCADE, related_name="index")
    data = models.BinaryField()

    def __str__(self) -> str:
        return f"index of {self.file_id}"


class PassageVector(models.Model):
    """What a passage means: the vector that a model gave it, by which questions in other words find it."""

    # Not of the passage itself: files with thousands of them are deleted in one statement.
    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="vectors")
    position = models.PositiveIntegerField()
    model = models.CharField(max_length=200)
    # A bit for each number, by which the near ones of thousands are found at once; and the numbers as signed bytes.
    signs = models.BinaryField()
    numbers = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "position"], name="one_vector_per_passage")]

    def __str__(self) -> str:
        return f"vector of passage {self.position} of {self.file_id}"


class AttachmentQuerySet(models.QuerySet["Attachment"]):
    def in_use(self) -> "AttachmentQuerySet":
        """Return the attachments but for those of deleted conversations."""
        # None too while it is attached to nothing: then it has no conversation.
        return self.filter(message__turn__conversation__deleted_at=None)

    def visible_to(self, user) -> "AttachmentQuerySet":
        """Return the attachments this person may see: their own, but for those of deleted conversations."""
        return self.in_use().filter(owner=user)

    def waiting(self) -> "AttachmentQuerySet":
        """Return those that were uploaded and not sent yet."""
        return self.filter(message=None)


class Attachment(models.Model):
    """A file as it was attached: by this name, to this message, or to none yet."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="attachments")
    file = models.ForeignKey(StoredFile, on_delete=models.CASCADE, related_name="attachments")
    message = models.ForeignKey("Message", null=True, blank=True, on_delete=models.CASCADE, related_name="attachments")
    name = models.CharField(max_length=150)
    position = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = AttachmentQuerySet.as_manager()

    class Meta:
        ordering = ["position", "created_at"]
        indexes = [
            models.Index(fields=["created_at"], condition=models.Q(message=None), name="attachments_waiting"),
        ]

    def __str__(self) -> str:
        return self.name
