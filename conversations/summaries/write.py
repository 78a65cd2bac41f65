"""The job that writes a summary: by a model where one can be asked, else from the conversation's own sentences."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from django.db import transaction
from django.utils import timezone

from .. import background, events, live, work
from ..models import Conversation, Message, Summary, Turn, UsageEntry
from . import extract, prompts
from .values import Said, Words

KIND = "summary"
# Of a longer branch the last so many turns are read.
TURNS_LIMIT = 10_000
ROLES = (Message.Role.USER, Message.Role.ASSISTANT)


@dataclass(frozen=True, slots=True)
class Written:
    """What a summary says, and who wrote it."""

    words: Words
    by: str
    model: str = ""


def key_of(summary_id: uuid.UUID) -> str:
    """Return the key of the job that writes a summary: there is one for each."""
    return f"summary {summary_id}"


@work.handles(KIND)
def write(job: work.Claim) -> work.Result:
    """Write a summary; one from the conversation's own sentences stands in until the model has managed it."""
    summary = Summary.objects.select_related("conversation__owner").filter(pk=job.payload["summary"]).first()
    if summary is None:
        return work.Result()
    said = transcript(summary)

    def ask(model: background.Assistant) -> work.Keep:
        written = Written(prompts.summarise(model, said), Summary.Writer.MODEL, model.model.id)
        return partial(_keep, summary.pk, written)

    purpose = UsageEntry.Purpose.SUMMARY
    result = background.result_of(job, conversation=summary.conversation, purpose=purpose, ask=ask)
    if result.keep or result.postponed:
        return result
    stand_in = Written(extract.summarise(said), Summary.Writer.EXTRACT)
    return replace(result, keep=partial(_keep, summary.pk, stand_in))


def transcript(summary: Summary) -> Sequence[Said]:
    """Return what was said on the branch that was open at the ending, oldest first."""
    branch = Turn.objects.branch(summary.leaf_id, limit=TURNS_LIMIT, messages=False)
    said = Message.objects.filter(turn__in=[turn.pk for turn in branch], role__in=ROLES).exclude(text="")
    return [Said(*row) for row in said.order_by("turn__depth", "position").values_list("role", "text")]


def _keep(summary_id: uuid.UUID, written: Written) -> None:
    """Put the words in the place of what there was; only a model's go in the place of a model's."""
    by_model = written.by == Summary.Writer.MODEL
    state = Summary.State.READY if by_model else Summary.State.PARTIAL
    place = Summary.objects.filter(pk=summary_id)
    if not by_model:
        place = place.exclude(state=Summary.State.READY)
    changed = place.update(
        state=state,
        by=written.by,
        model=written.model,
        text=written.words.text,
        topics=written.words.topics,
        sentiment=written.words.sentiment,
        outcomes=written.words.outcomes,
        written_at=timezone.now(),
    )
    if changed:
        conversation = Conversation.everything.get(summaries=summary_id)
        news = {**events.conversation_updated(conversation), "summary": state.value}
        transaction.on_commit(partial(live.publish, conversation.pk, news))
