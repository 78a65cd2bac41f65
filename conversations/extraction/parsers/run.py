"""The parser's process from its start to its end: load, be limited, read, say, leave."""

import importlib
import json
import os
import sys
from typing import Any

from .answer import Answer, Refused
from .limits import set_limits


def main(told: str) -> None:
    """Read the file that is open as standard input, and leave without tidying up: everything is this process's own."""
    job: dict[str, Any] = json.loads(told)
    # Loaded before the limits: what the library itself needs is no fault of the file.
    parser = importlib.import_module(f"{__package__}.{job['kind']}")
    set_limits(parent=job["parent"], cpu_seconds=job["cpu_seconds"], memory_bytes=job["memory_bytes"])
    answer = Answer()
    try:
        parser.read(os.fdopen(0, "rb"), job, answer)
    except Refused as refused:
        answer.say("error", code=refused.code, detail=refused.detail)
    except (MemoryError, RecursionError) as error:
        answer.say("error", code="parse_limit", detail="", because=type(error).__name__)
    except Exception as error:
        answer.say("error", code="corrupt", detail="", because=f"{type(error).__name__}: {error}"[:300])
    sys.stdout.flush()
    os._exit(0)
