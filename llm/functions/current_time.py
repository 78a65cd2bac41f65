"""The tool `get_current_time`: the date and time, which no model knows by itself."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from ..errors import ToolError
from ..values import Tool
from . import zones

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DESCRIPTION = (
    "Returns the current date and time, the weekday and the offset from UTC. Use it whenever an answer depends on what "
    "day or time it is now."
)


def clock(default_zone: str = "UTC", *, now: Callable[[tzinfo], datetime] = datetime.now) -> Tool:
    """Return the tool that tells the time, in `default_zone` (else UTC) where no other is asked for."""
    default = zones.find(default_zone) or "UTC"
    parameters = {
        "type": "object",
        "properties": {
            "timezone": {
                "type": "string",
                "description": f"An IANA time zone such as Europe/Oslo; {default} if left out.",
                "maxLength": zones.LONGEST_NAME,
            }
        },
    }

    async def run(arguments: dict[str, Any]) -> str:
        name = arguments.get("timezone", "").strip() or default
        zone = "UTC" if name.casefold() == "utc" else zones.find(name)
        if zone is None:
            raise ToolError(unknown(name))
        # UTC needs no data, which a bare machine may lack.
        return told(now(UTC if zone == "UTC" else ZoneInfo(zone)), zone)

    return Tool("get_current_time", DESCRIPTION, parameters, run)


def told(moment: datetime, zone: str) -> str:
    """Return a moment as a model is told of it: "2026-03-01T09:05:00+01:00, Sunday, Europe/Oslo (UTC+01:00)"."""
    offset = moment.isoformat()[-6:]
    return f"{moment.isoformat(timespec='seconds')}, {WEEKDAYS[moment.weekday()]}, {zone} (UTC{offset})"


def unknown(name: str) -> str:
    """Return the sentence about a zone that there is not, with those that may be meant."""
    sentence = f"There is no time zone named {name!r}."
    if meant := zones.near(name):
        return f"{sentence} Nearest names: {', '.join(meant)}."
    return f"{sentence} Use an IANA name such as Europe/Oslo or America/New_York."
