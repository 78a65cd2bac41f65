"""A job worker in a process of its own, which a test can have killed at a step of the summary it writes."""

import os
import signal
from collections.abc import Callable

import django

# The step at which the process dies as by kill -9; empty: it does not.
DIE_AT = os.environ.get("DIE_AT", "")
STEPS = ("woken", "claimed", "asking", "answered", "keeping", "kept")


def die() -> None:
    """End this process as a crash would."""
    os.kill(os.getpid(), signal.SIGKILL)


def dying_before(function: Callable, when: Callable = lambda *arguments: True) -> Callable:
    """Return the function, which is never reached."""

    def wrapped(*arguments, **options):
        if when(*arguments):
            die()
        return function(*arguments, **options)

    return wrapped


def dying_after(function: Callable, when: Callable = lambda result, *arguments: True) -> Callable:
    """Return the function, whose result nobody gets."""

    def wrapped(*arguments, **options):
        result = function(*arguments, **options)
        if when(result, *arguments):
            die()
        return result

    return wrapped


def arrange() -> None:
    """Have the process die at its step."""
    from conversations import background, embedding
    from conversations.models import Job
    from conversations.summaries import write
    from conversations.work import rows

    def of_summary(claim, *rest) -> bool:
        return claim is not None and claim.kind == write.KIND

    match DIE_AT:
        case "woken":
            is_one = lambda job_id: Job.objects.filter(pk=job_id, kind=write.KIND).exists()  # noqa: E731
            rows.claim = dying_before(rows.claim, is_one)
        case "claimed":
            rows.claim = dying_after(rows.claim, of_summary)
        case "asking":
            background.Assistant.ask_object = dying_before(background.Assistant.ask_object)
        case "answered":
            rows.finish = dying_before(rows.finish, of_summary)
        case "keeping":
            # Within the transaction, with everything written.
            write._keep = dying_after(write._keep)
        case "second batch":
            written: list[object] = []
            embedding._write = dying_after(embedding._write, lambda *what: written.append(what) or len(written) == 2)
        case "kept":
            rows.finish = dying_after(rows.finish, lambda result, claim, *rest: of_summary(claim))


def main() -> None:
    django.setup()
    arrange()
    from chatsite.jobs import Worker

    Worker().start()
    signal.pause()


if __name__ == "__main__":
    main()
