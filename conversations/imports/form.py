"""What an export looks like, field by field: what does not look like that is refused, whoever wrote it."""

import datetime
import uuid
from collections.abc import Collection
from typing import Annotated, Any, Literal

from django.utils import timezone
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, Strict, StringConstraints

from .. import parameters
from ..feedback import REASON_CHARACTERS
from ..inclusion.meaning import BY_BOTH, BY_WORDS
from ..models import ContextDigest, Conversation, Feedback, Message, Mode, StoredFile, Summary, Turn
from ..models.tag import NAME_CHARACTERS
from ..tags import TAGS_PER_CONVERSATION

TEXT_CHARACTERS = 1_000_000
DATABASE_INTEGER = 2_147_483_647
# Before it nobody talked with a computer, and no clock is more wrong than that.
FIRST_YEAR = 1970
CLOCKS_DIFFER = datetime.timedelta(days=1)


def _text(value: Any) -> Any:
    if not isinstance(value, str):
        raise ValueError("Input should be a text")
    return value


def _believable(at: datetime.datetime) -> datetime.datetime:
    if at.tzinfo is None:
        raise ValueError("A moment needs its time zone")
    try:
        at = at.astimezone(datetime.UTC)
    except OverflowError:
        raise ValueError("There is no such moment") from None
    if at.year < FIRST_YEAR or at > timezone.now() + CLOCKS_DIFFER:
        raise ValueError("A moment lies between 1970 and now")
    return at


def _one_of(values: Collection[str]) -> AfterValidator:
    def check(value: str) -> str:
        if value not in values:
            raise ValueError("There is no such choice here")
        return value

    return AfterValidator(check)


Id = Annotated[uuid.UUID, Strict(False), BeforeValidator(_text)]
Moment = Annotated[datetime.datetime, Strict(False), BeforeValidator(_text), AfterValidator(_believable)]
Count = Annotated[int, Field(ge=0, le=DATABASE_INTEGER)]
Text = Annotated[str, StringConstraints(max_length=TEXT_CHARACTERS)]
Short = Annotated[str, StringConstraints(max_length=200)]
Code = Annotated[str, StringConstraints(max_length=50)]
Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


def _moment_told(value: str) -> str:
    _believable(datetime.datetime.fromisoformat(value))
    return value


class Form(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class AttachmentForm(Form):
    id: Id
    name: Annotated[str, StringConstraints(min_length=1, max_length=150)]
    sha256: Digest
    created_at: Moment


class ToolRunForm(Form):
    arguments: dict[str, Any] = {}
    round: Count | None = None
    ok: bool = False
    ms: Count | None = None
    # Of one that asked before it ran.
    asks: bool = False
    allowed: bool = False
    by: Code = ""
    decided_at: Annotated[Code, AfterValidator(_moment_told)] = ""


class FeedbackForm(Form):
    value: Annotated[str, _one_of(Feedback.Value.values)]
    reason: Annotated[str, StringConstraints(max_length=REASON_CHARACTERS)]


class MessageForm(Form):
    id: Id
    role: Annotated[str, _one_of(Message.Role.values)]
    status: Annotated[str, _one_of(Message.Status.values)]
    text: Text
    thinking: Text
    thinking_ms: Count | None = None
    model: Short
    tool_calls: Annotated[list[dict[str, Any]], Field(max_length=1000)]
    tool_call_id: Short
    tool_name: Short
    tool_run: ToolRunForm
    created_at: Moment
    attachments: Annotated[list[AttachmentForm], Field(max_length=100)]
    feedback: FeedbackForm | None = None


class IntentForm(Form):
    by: Code = ""
    confidence: float = 0
    reason: Annotated[str, StringConstraints(max_length=1000)] = ""


class PassageForm(Form):
    position: Count
    page: Count | None


class IncludedForm(Form):
    attachment: Id
    name: Short
    whole: bool
    passages: list[PassageForm]
    left_out: Count
    image: bool
    why: Code
    by: Annotated[str, _one_of(["", BY_WORDS, BY_BOTH])] = ""
    by_words_because: Code = ""


class ParametersForm(Form):
    temperature: Annotated[float, Field(ge=0, le=parameters.TEMPERATURE_MAX)] | None = None
    top_p: Annotated[float, Field(gt=0, le=1)] | None = None
    seed: Annotated[int, Field(ge=0, le=parameters.SEED_MAX)] | None = None
    context_length: Annotated[int, Field(ge=parameters.CONTEXT_MIN, le=parameters.CONTEXT_MAX)] | None = None
    thinking: bool | None = None


class TurnForm(Form):
    id: Id
    parent: Id | None
    continues: Id | None = None
    carried: Count | None = None
    status: Annotated[str, _one_of(Turn.Status.values)]
    model: Short
    mode: Annotated[str, _one_of(["", *Mode.values])]
    intent: IntentForm
    created_at: Moment
    started_at: Moment | None
    finished_at: Moment | None
    first_token_ms: Count | None
    total_ms: Count | None
    finish_reason: Annotated[str, StringConstraints(max_length=30)]
    error_code: Code
    error_detail: Text
    prompt_tokens: Count | None
    completion_tokens: Count | None
    usage_exact: bool
    verbatim: Count
    condensed: Count
    left_out: Count
    digest: Id | None
    window: Count | None
    window_used: Count | None
    truncated: Annotated[str, _one_of(["", *Turn.Truncated.values])]
    parameters: ParametersForm = ParametersForm()
    instructed: bool = False
    included: Annotated[list[IncludedForm], Field(max_length=1000)]
    messages: Annotated[list[MessageForm], Field(min_length=2, max_length=10_000)]


class ConversationForm(Form):
    id: Id
    title: Short
    title_by: Annotated[str, _one_of(Conversation.TitleBy.values)]
    model: Short
    mode: Annotated[str, _one_of(["", *Mode.values])]
    instructions: Annotated[str, StringConstraints(max_length=32 * 1024)]
    parameters: ParametersForm = ParametersForm()
    status: Annotated[str, _one_of(Conversation.Status.values)]
    pinned: bool
    archived: bool
    tags: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=NAME_CHARACTERS)]],
        Field(max_length=TAGS_PER_CONVERSATION),
    ] = []
    leaf: Id | None
    rating: Annotated[int, Field(ge=1, le=5)] | None
    rated_at: Moment | None
    created_at: Moment
    active_at: Moment


FactForm = Annotated[
    tuple[
        Annotated[int, Field(ge=0, le=4)],
        Annotated[str, _one_of(["user", "assistant", "summary"])],
        Annotated[str, StringConstraints(max_length=10_000)],
    ],
    # A list, in JSON.
    Strict(False),
]


class DigestForm(Form):
    id: Id
    through: Id
    version: Annotated[int, Field(ge=1, le=32_767)]
    text: Text
    facts: list[FactForm]
    turns: Count
    messages: Count
    tokens: Count
    by: Annotated[str, _one_of(ContextDigest.By.values)]
    model: Short
    created_at: Moment


class TimesForm(Form):
    mean: Count | None
    p95: Count | None


class MetricsForm(Form):
    messages: dict[str, Count] = {}
    words: dict[str, Count] = {}
    tokens: dict[str, Count | bool] = {}
    turns: dict[str, Count] = {}
    tool_calls: Count = 0
    first_token_ms: TimesForm = TimesForm(mean=None, p95=None)
    answer_ms: TimesForm = TimesForm(mean=None, p95=None)
    models: dict[Short, Count] = {}
    modes: dict[Annotated[str, _one_of(Mode.values)], Count] = {}


class SummaryForm(Form):
    number: Annotated[int, Field(ge=1, le=DATABASE_INTEGER)]
    leaf: Id | None
    ended_by: Annotated[str, _one_of(Summary.EndedBy.values)]
    start_time: Moment
    end_time: Moment
    metrics: MetricsForm
    state: Annotated[str, _one_of(Summary.State.values)]
    by: Annotated[str, _one_of(["", *Summary.Writer.values])]
    text: Text
    topics: Annotated[list[Short], Field(max_length=100)]
    sentiment: Annotated[str, _one_of(["", *Summary.Sentiment.values])]
    outcomes: Annotated[list[Annotated[str, StringConstraints(max_length=2000)]], Field(max_length=100)]
    model: Short
    created_at: Moment
    written_at: Moment | None


class FileForm(Form):
    sha256: Digest
    size: Annotated[int, Field(ge=0)]
    kind: Annotated[str, _one_of(StoredFile.Kind.values)]
    media_type: Annotated[str, StringConstraints(max_length=100)]
    tokens: Count


class ManifestForm(Form):
    turns: Count
    messages: Count
    digests: Count
    summaries: Count
    files: Count
    sha256: Digest


class PromptForm(Form):
    name: Short
    text: Text
    created_at: Moment | None = None


class AccountForm(BaseModel):
    """What an archive of everything has of an account; who it was, and its keys, are nobody's business here."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    prompts: Annotated[list[PromptForm], Field(max_length=1000)] = []
    instructions: Text | None = None
    use_instructions: bool | None = None
    default_model: Short | None = None
    default_mode: Code | None = None
    theme: Code | None = None
    density: Code | None = None
    language: Code | None = None


class ExportForm(Form):
    """A conversation as it was exported."""

    format: Literal["chatsite.conversation"]
    version: Literal[1]
    scope: Literal["conversation", "branch", "message"]
    conversation: ConversationForm
    turns: list[TurnForm]
    digests: list[DigestForm]
    summaries: list[SummaryForm]
    files: list[FileForm]
    # Who writes such a file by hand may leave it out; one that is there has to add up.
    manifest: ManifestForm | None = None
