"""The bridge from the event loop to the database: a few threads of this process, never the shared one."""

from concurrent.futures import ThreadPoolExecutor

from channels.db import database_sync_to_async

# More threads would only wait for the database's pool, or for SQLite's one writer.
DATABASE_THREADS = 8

_threads = ThreadPoolExecutor(DATABASE_THREADS, thread_name_prefix="database")


async def in_database(work, *args, **kwargs):
    """Return what `work` returns, run in a database thread with fresh, healthy connections."""
    return await database_sync_to_async(work, thread_sensitive=False, executor=_threads)(*args, **kwargs)
