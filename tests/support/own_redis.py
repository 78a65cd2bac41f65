"""A plugin: each of the pytest processes that run side by side takes a database of its own in the one Redis."""

import os

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if WORKER and "REDIS_URL" in os.environ:
    # Before Django reads its settings. Workers are called gw0, gw1 and so on; number 0 is nobody's.
    os.environ["REDIS_URL"] = os.environ["REDIS_URL"].rpartition("/")[0] + f"/{int(WORKER.removeprefix('gw')) + 1}"
