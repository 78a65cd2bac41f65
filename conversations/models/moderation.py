"""Rules for what may be said, flags where one applied or a person complained, and what became of them."""

import uuid

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .literal import literally_one_of

NAME_CHARACTERS = 100


class Severity(models.TextChoices):
    """How bad it is."""

    LOW = "low", _("Low")
    MEDIUM = "medium", _("Medium")
    HIGH = "high", _("High")
    CRITICAL = "critical", _("Critical")


class Action(models.TextChoices):
    """What happens where a rule applies."""

    FLAG = "flag", _("Flag: staff see that it applied")
    WARN = "warn", _("Warn: the person reads a note as well")
    MASK = "mask", _("Mask: what was found is replaced")
    BLOCK = "block", _("Block: the question is not sent, the answer ends there")
    SUSPEND = "suspend", _("Block, and suspend the account after so many times")


class ModerationRule(models.Model):
    class Kind(models.TextChoices):
        WORDS = "words", _("Words and phrases")
        PATTERN = "pattern", _("Regular expressions")
        PERSONAL = "personal", _("Personal data")
        FILES = "files", _("Kinds of files")
        GUARD = "guard", _("Guard model")

    class Place(models.TextChoices):
        QUESTION = "question", _("Questions")
        ANSWER = "answer", _("Answers")
        BOTH = "both", _("Questions and answers")
        FILES = "files", _("What attached files say")

    class State(models.TextChoices):
        DRAFT = "draft", _("Draft")
        LIVE = "live", _("Live")

    name = models.CharField(max_length=NAME_CHARACTERS, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices, default=Kind.WORDS)
    patterns = models.TextField(
        blank=True,
        help_text=_(
            "One a line. Words: a * at the beginning or end stands for any letters. Expressions: as RE2 "
            "reads them. Personal data: email, phone, iban, card. Files: endings such as .exe. "
            "Guard model: its prompt; "
            "empty for one that brings its own, such as Llama Guard."
        ),
    )
    place = models.CharField(_("applies to"), max_length=8, choices=Place.choices, default=Place.BOTH)
    groups = models.ManyToManyField(
        Group, blank=True, related_name="+", help_text=_("Only for members of these; none: for everybody.")
    )
    severity = models.CharField(max_length=8, choices=Severity.choices, default=Severity.MEDIUM)
    action = models.CharField(max_length=7, choices=Action.choices, default=Action.FLAG)
    suspend_after = models.PositiveSmallIntegerField(
        default=3, help_text=_("With the action to suspend: after how many times within 30 days.")
    )
    model = models.CharField(max_length=200, blank=True, help_text=_("Of a guard: which model is asked."))
    told = models.CharField(
        max_length=300,
        blank=True,
        help_text=_("What the person reads; empty: a plain sentence without the rule’s name."),
    )
    state = models.CharField(max_length=5, choices=State.choices, default=State.DRAFT)
    notes = models.TextField(blank=True, help_text=_("For the staff."))
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)
    live_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def lines(self) -> tuple[str, ...]:
        """Its patterns, one by one."""
        return tuple(line.strip() for line in self.patterns.splitlines() if line.strip())


class FlagQuerySet(models.QuerySet["Flag"]):
    def visible_to(self, user) -> "FlagQuerySet":
        """Return the flags that this person raised themselves: reports."""
        return self.filter(reporter=user)

    def undecided(self) -> "FlagQuerySet":
        """Return those that wait for somebody, or are looked at."""
        return self.filter(literally_one_of("state", [Flag.State.OPEN, Flag.State.IN_REVIEW]))


class Flag(models.Model):
    """That a rule applied to something, or that somebody complained about it; never what was said."""

    class Source(models.TextChoices):
        RULE = "rule", _("Rule")
        GUARD = "guard", _("Guard")
        REPORT = "report", _("Report")

    class Place(models.TextChoices):
        QUESTION = "question", _("Question")
        ANSWER = "answer", _("Answer")
        FILE = "file", _("File")

    class State(models.TextChoices):
        OPEN = "open", _("Open")
        IN_REVIEW = "in review", _("In Review")
        UPHELD = "upheld", _("Upheld")
        DISMISSED = "dismissed", _("Dismissed")

    class Category(models.TextChoices):
        HARMFUL = "harmful", _("Harmful or dangerous")
        HATEFUL = "hateful", _("Hateful or harassing")
        WRONG = "wrong", _("Wrong or made up")
        PRIVATE = "private", _("Tells something private")
        OTHER = "other", _("Something else")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    source = models.CharField(max_length=6, choices=Source.choices, default=Source.RULE)
    rule = models.ForeignKey(ModerationRule, models.SET_NULL, null=True, blank=True, related_name="flags")
    # It outlives the rule.
    rule_name = models.CharField(max_length=NAME_CHARACTERS, blank=True)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    action = models.CharField(max_length=7, choices=Action.choices, blank=True, help_text=_("What was done at once."))
    place = models.CharField(max_length=8, choices=Place.choices)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="flags", help_text=_("In whose conversation.")
    )
    # No keys: a question that was not sent has no turn, perhaps no conversation; and a flag outlives both.
    conversation_id = models.UUIDField(null=True, blank=True, db_index=True)
    turn_id = models.UUIDField(null=True, blank=True)
    message_id = models.UUIDField(null=True, blank=True, db_index=True)
    # Pairs of offsets into the text as it was; of a guard model, the categories that it named.
    spans = models.JSONField(default=list, blank=True)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        help_text=_("Who looks at it."),
    )
    reporter = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True, blank=True, related_name="+")
    category = models.CharField(max_length=8, choices=Category.choices, blank=True)
    # Written to the staff by who reports.
    words = models.TextField(blank=True)
    # Written by the staff to who reported.
    outcome = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+")

    objects = FlagQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        default_permissions = ("view", "change")
        indexes = [
            models.Index(fields=["created_at"], condition=Q(state__in=["open", "in review"]), name="flags_undecided"),
            # How often a rule applied to a person lately.
            models.Index(fields=["user", "rule", "created_at"], name="flags_of_person"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["message_id", "reporter"], condition=Q(source="report"), name="one_report_per_person"
            )
        ]

    def __str__(self) -> str:
        return gettext("flag %(id)s (%(severity)s)") % {"id": self.id, "severity": self.get_severity_display()}

    @property
    def is_decided(self) -> bool:
        """Whether somebody has said what it comes to."""
        return self.state in (self.State.UPHELD, self.State.DISMISSED)


class FlagNote(models.Model):
    """What somebody of the staff has put down about a flag."""

    flag = models.ForeignKey(Flag, models.CASCADE, related_name="notes")
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["created_at", "id"]
        default_permissions = ()

    def __str__(self) -> str:
        return gettext("note %(id)s") % {"id": self.pk}


class DecisionTemplate(models.Model):
    """A decision that is made often, with its words."""

    class Outcome(models.TextChoices):
        UPHELD = "upheld", _("Upheld")
        DISMISSED = "dismissed", _("Dismissed")

    name = models.CharField(max_length=NAME_CHARACTERS, unique=True)
    outcome = models.CharField(max_length=9, choices=Outcome.choices)
    note = models.TextField(blank=True, help_text=_("Put down with the flag, for the staff."))
    told = models.TextField(blank=True, help_text=_("What a person who reported it reads."))

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Redaction(models.Model):
    """That a message was removed, by whom and why; its original, sealed, where the installation keeps it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    message = models.OneToOneField("Message", models.CASCADE, related_name="redaction")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    reason = models.TextField()
    original = models.BinaryField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        default_permissions = ()
        permissions = [("redact_message", "Can remove messages of others")]

    def __str__(self) -> str:
        return gettext("redaction of %(message_id)s") % {"message_id": self.message_id}


class DryRun(models.Model):
    """What a rule would have applied to, had it been live: counts, and in which conversations."""

    class State(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        DONE = "done", _("Done")
        FAILED = "failed", _("Failed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    rule = models.ForeignKey(ModerationRule, models.CASCADE, related_name="dry_runs")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    days = models.PositiveSmallIntegerField(default=30)
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    # Of what was looked at, and where the rule applied.
    messages = models.PositiveIntegerField(default=0)
    questions = models.PositiveIntegerField(default=0)
    answers = models.PositiveIntegerField(default=0)
    people = models.PositiveIntegerField(default=0)
    # Of the conversations with most of them, the ids, each with how many messages.
    conversations = models.JSONField(default=list)
    rule_changed_at = models.DateTimeField(help_text=_("Of the rule as it was looked for."))
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        default_permissions = ()

    def __str__(self) -> str:
        return gettext("dry run %(id)s") % {"id": self.id}
