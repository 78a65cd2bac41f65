"""Listening to the log, as programs read it."""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager

from chatsite.logs import Json


@contextmanager
def listening() -> Iterator[list[dict]]:
    """Yield the lines of the log from now on."""
    told: list[dict] = []
    listener = logging.Handler()
    listener.setFormatter(Json())
    listener.emit = lambda record: told.append(json.loads(listener.format(record)))
    logging.getLogger().addHandler(listener)
    try:
        yield told
    finally:
        logging.getLogger().removeHandler(listener)
