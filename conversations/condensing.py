"""Digests by a model: what was condensed by rule at once is condensed again in the background, in better words."""

from functools import partial

from . import background, context, digests, work
from .models import ContextDigest, UsageEntry

KIND = "digest"


@work.handles(KIND)
def write(job: work.Claim) -> work.Result:
    """Ask the model for a better digest, once for each place in a branch."""
    digest = ContextDigest.objects.select_related("conversation__owner").filter(pk=job.payload["digest"]).first()
    if digest is None or digests.is_improved(digest):
        return work.Result()

    def ask(model: background.Assistant) -> work.Keep:
        asked = digests.request(digest, room=context.budget_for(model.model))
        prose = model.ask(asked, max_tokens=digests.PROSE_TOKENS)
        return partial(_keep, digest, prose, model.model.id)

    purpose = UsageEntry.Purpose.SUMMARY
    return background.result_of(job, conversation=digest.conversation, purpose=purpose, ask=ask)


def _keep(digest: ContextDigest, prose: str, model: str) -> None:
    if not digests.is_improved(digest):
        digests.improved(digest, prose=prose, model=model)
