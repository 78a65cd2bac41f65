"""The bridge from the event loop to the database: a few threads of this process, never the shared one."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from django.db import close_old_connections, connection

# More threads would only wait for the database's pool, or for SQLite's one writer.
DATABASE_THREADS = 8

_threads = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="database")


async def in_database(work, *args, **kwargs):
    """Return what `work` returns, run in a database thread with a healthy connection."""
    return await asyncio.get_running_loop().run_in_executor(_threads, partial(_run, work, *args, **kwargs))


def _run(work, *args, **kwargs):
    if connection.vendor == "sqlite":
        # The file does not go away: each thread keeps its connection, which costs more to open than most questions.
        return work(*args, **kwargs)
    # Back to the pool afterwards, where a connection that broke is noticed and replaced.
    close_old_connections()
    try:
        return work(*args, **kwargs)
    finally:
        close_old_connections()
