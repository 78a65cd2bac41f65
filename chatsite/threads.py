"""The bridge from the event loop to the database: a few threads of this process, never the shared one; and the threads
that requests are worked on in."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from functools import partial

from asgiref.sync import SyncToAsync, ThreadSensitiveContext, sync_to_async
from django.db import Error, close_old_connections, connection

from chatsite import metrics

# More threads would only wait for the database's pool, or for SQLite's one writer.
DATABASE_THREADS = 8
# As many wait for the next request, each with its connection to SQLite; one process seldom works on more at a time.
KEPT_THREADS = 8

_threads = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="database")
_resting: list[ThreadPoolExecutor] = []


async def in_database(work, *args, **kwargs):
    """Return what `work` returns, run in a database thread with a healthy connection."""
    # The thread knows what the caller knows, such as which request this is.
    run = partial(copy_context().run, _run, work, *args, **kwargs)
    return await asyncio.get_running_loop().run_in_executor(_threads, run)


def use_kept_thread(context: ThreadSensitiveContext) -> None:
    """Let a request have a thread that rests, or a new one."""
    try:
        thread = _resting.pop()
    except IndexError:
        thread = ThreadPoolExecutor(1, thread_name_prefix="request")
    SyncToAsync.context_to_thread_executor[context] = thread


def let_thread_rest(context: ThreadSensitiveContext) -> None:
    """Take a request's thread back, if it still has one."""
    thread = SyncToAsync.context_to_thread_executor.pop(context, None)
    if isinstance(thread, ThreadPoolExecutor):
        # It rests only when it is done: a request that was cut off may have left it with something to do.
        thread.submit(close_old_connections).add_done_callback(lambda _: _rest(thread))


async def let_thread_go() -> None:
    """Give back the request's database connection and its thread: a stream may stay for hours and needs neither.

    Django keeps both until the answer has ended; what it still has to do then gets a thread of its own.
    """
    await sync_to_async(close_old_connections)()
    with suppress(LookupError):
        let_thread_rest(SyncToAsync.thread_sensitive_context.get())


def _rest(thread: ThreadPoolExecutor) -> None:
    if len(_resting) < KEPT_THREADS:
        _resting.append(thread)
    else:
        thread.shutdown(wait=False)


def _run(work, *args, **kwargs):
    if connection.vendor == "sqlite":
        # The file does not go away: each thread keeps its connection, which costs more to open than most questions.
        return _counted(work, *args, **kwargs)
    # Back to the pool afterwards, where a connection that broke is noticed and replaced.
    close_old_connections()
    try:
        return _counted(work, *args, **kwargs)
    finally:
        close_old_connections()


def _counted(work, *args, **kwargs):
    try:
        return work(*args, **kwargs)
    except Error as error:
        metrics.database_errors.add(type(error).__name__)
        raise
