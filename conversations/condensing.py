"""Digests by a model: what was condensed by rule at once is condensed again in the background, in better words."""

from functools import partial

from llm.errors import ModelError

from . import background, context, digests, work
from .models import ContextDigest, UsageEntry

KIND = "digest"


@work.handles(KIND)
def write(job: work.Claim) -> work.Result:
    """Ask the model for a better digest, once for each place in a branch."""
    digest = ContextDigest.objects.select_related("conversation__owner").filter(pk=job.payload["digest"]).first()
    if digest is None or digests.is_improved(digest):
        return work.Result()
    purpose = UsageEntry.Purpose.SUMMARY
    try:
        with background.assistant(conversation=digest.conversation, purpose=purpose, beat=job.beat) as model:
            asked = digests.request(digest, room=context.budget_for(model.model))
            prose = model.ask(asked, max_tokens=digests.PROSE_TOKENS)
    except background.Unasked:
        return work.Result()
    except background.Busy:
        return work.Result(postponed=True)
    except ModelError as error:
        return work.Result(error=str(error))
    return work.Result(keep=partial(_keep, digest, prose, model.model.id))


def _keep(digest: ContextDigest, prose: str, model: str) -> None:
    if not digests.is_improved(digest):
        digests.improved(digest, prose=prose, model=model)
