"""Models of this machine as staff see them: what is here and on its way, and getting, removing and choosing one."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from accounts import audit
from accounts.models import User
from llm.config import from_settings

from . import background, library, work
from .errors import Invalid, NotFound
from .models import Job

KIND = "local_model"
LOOK_SECONDS = 1.0
# A server that sends nothing at the moment is waited for so long when somebody stops.
STOP_SECONDS = 10.0
# What a job that came to nothing is remembered by.
PROBLEM = "problem"


def site() -> Any:
    """Return what knows the models of this machine; imported only when somebody looks at them."""
    from llm.local.site import Site

    return Site(from_settings())


def model_id(name: str) -> str:
    """Return the id by which a model of this machine is asked."""
    from llm.local.site import PROVIDER

    return f"{PROVIDER}/{name}"


def uses(name: str) -> list[str]:
    """Return where a model of this machine is named as the one to take, in sentences."""
    chosen = [_("New chats begin with it.")] if site().shelf.used() == name else []
    return [*chosen, *library.uses(model_id(name))]


def get(*, source: str, sha256: str = "", actor: User) -> Job:
    """Have a model fetched: a name of the list, or an address of a public server; raises Invalid."""
    from llm.local import fetching
    from llm.local.curated import find
    from llm.local.shelf import ShelfError
    from llm.outgoing import OutgoingError, checked_url

    address = not find(source)
    if address and "://" not in source:
        raise Invalid(_("Name a model of the list, or an address."))
    try:
        wish = fetching.wanted(source, sha256=sha256)
        there = site().shelf.path_of(wish.name).exists()
        if address:
            checked_url(source, params=None, port=None)
    except (ShelfError, OutgoingError) as error:
        raise Invalid(str(error)) from None
    if there:
        raise Invalid(_("There is a model of this name already."))
    with transaction.atomic():
        key = f"{KIND} {wish.name}"
        before = Job.objects.select_for_update().filter(key=key)
        if before.open().exists():
            raise Invalid(_("It is being fetched already."))
        before.delete()
        work.queue(kind=KIND, key=key, **fetching.as_payload(wish))
        job = Job.objects.get(key=key)
        # Without its query, which may be a key to it.
        source = wish.file.url.partition("?")[0]
        audit.enter("model.pulled", actor=actor, target=job, model=model_id(wish.name), source=source)
    return job


def stop(*, name: str, actor: User) -> None:
    """Stop fetching a model, or forget that it did not come, and delete what came of it."""
    with transaction.atomic():
        job = Job.objects.select_for_update().filter(kind=KIND, key=f"{KIND} {name}").first()
        if job is None:
            raise NotFound
        audit.enter("model.pull_cancelled", actor=actor, target=job, model=model_id(name))
        running = job.state == Job.State.RUNNING
        job.delete()
    if not running:
        site().shelf.drop_parts(name)
    # Else whoever fetches it finds its claim gone, and cleans up.


def remove(*, name: str, actor: User) -> None:
    """Unload a model and delete its files; raises Invalid."""
    found = site()
    # Before the transaction: it may take a moment, and others want to write.
    _do(lambda: (found.shelf.path_of(name), found.engines.leave(name)))
    with transaction.atomic():
        audit.enter("model.deleted", actor=actor, model=model_id(name))
        _do(lambda: found.shelf.remove(name))


def use(*, name: str, actor: User) -> None:
    """Let new conversations begin with a model, where no DEFAULT_MODEL is set; raises Invalid."""
    with transaction.atomic():
        audit.enter("model.chosen", actor=actor, model=model_id(name))
        _do(lambda: site().shelf.use(name))


def _do(what) -> None:
    from llm.local.gguf import NotAModel
    from llm.local.shelf import ShelfError

    try:
        what()
    except (ShelfError, NotAModel) as error:
        raise Invalid(str(error)) from None


def on_their_way() -> list[dict[str, Any]]:
    """Return the models that come or did not: name, whether it is `open`, bytes `done` and in `total`, `words`."""
    jobs = Job.objects.filter(kind=KIND).order_by("-created_at")
    return [_told(job) for job in jobs if job.state != Job.State.DONE or job.payload.get(PROBLEM)]


def _told(job: Job) -> dict[str, Any]:
    done, total = job.payload.get("done", 0), job.payload.get("total")
    problem = job.payload.get(PROBLEM, "") or job.error
    open_ = job.state in (Job.State.QUEUED, Job.State.RUNNING)
    if problem:
        words = f"{problem} {_('It is tried again.')}" if open_ else problem
    elif job.state == Job.State.QUEUED:
        words = _("Waits for its turn")
    else:
        words = ""
    return {"name": job.payload["name"], "open": open_, "done": done, "total": total, "words": words}


@work.handles(KIND)
def fetch(job: work.Claim) -> work.Result:
    """Fetch the model of a job, and tell in its row how far that is."""
    from llm.local import fetching
    from llm.local.gguf import NotAModel
    from llm.local.shelf import ShelfError

    wish, shelf = fetching.from_payload(job.payload), site().shelf
    stopped = threading.Event()
    so_far: dict[str, Any] = {}

    def note(done: int, total: int | None) -> None:
        so_far.update(done=done, total=total)
        if stopped.is_set():
            raise fetching.FetchError("It was stopped.", retryable=True)

    # On a loop of its own, so that this thread can write rows.
    coming: Future[Any] = Future()
    getting = {"shelf": shelf, "wish": wish, "tell": note, "trusted": False}
    threading.Thread(target=_run, args=(coming, fetching.fetch, getting), name="model", daemon=True).start()
    try:
        while not wait([coming], timeout=LOOK_SECONDS).done:
            if background.going_down():
                return work.Result(postponed=True)
            job.tell(**so_far)
    except work.ClaimLost:
        stopped.set()
        wait([coming], timeout=STOP_SECONDS)
        if not Job.objects.filter(pk=job.id).exists():
            shelf.drop_parts(wish.name)
        raise
    finally:
        stopped.set()
    try:
        coming.result()
    except (ShelfError, NotAModel) as error:
        if getattr(error, "retryable", False):
            return work.Result(error=str(error))
        # Trying again would bring the same.
        problem = str(error)
        return work.Result(keep=lambda: job.put_down(**{PROBLEM: problem}))
    return work.Result()


def _run(coming: "Future[Any]", fetch: Callable[..., Any], getting: dict[str, Any]) -> None:
    try:
        coming.set_result(asyncio.run(fetch(**getting)))
    except BaseException as error:
        coming.set_exception(error)
