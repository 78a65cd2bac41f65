"""Whether an engine is at work: asked by who needs its memory, and by its own process, which ends when it is not."""

import json
from http.client import HTTPException
from urllib.request import ProxyHandler, Request, build_opener

ANSWER_SECONDS = 5.0
# It answers on loopback, where no proxy of the environment can reach it.
_opener = build_opener(ProxyHandler({}))


def any_busy(*, url: str, key: str) -> bool:
    """Whether any slot of the engine at this address is taken; True also when it has too much to do to say so."""
    request = Request(f"{url}/slots", headers={"Authorization": f"Bearer {key}"})
    try:
        with _opener.open(request, timeout=ANSWER_SECONDS) as answer:
            return any(slot["is_processing"] for slot in json.load(answer))
    except (OSError, HTTPException, ValueError, TypeError, KeyError):
        return True
