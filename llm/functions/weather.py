"""The tool `get_weather`: the weather at a place, from Open-Meteo.

The name of the place leaves the house, so that whether this tool is offered is the administrator's decision.
"""

import math
from collections.abc import Awaitable, Callable, Iterator
from datetime import date
from typing import Any

from ..errors import ToolError
from ..outgoing import OutgoingError, fetch_json, port_of
from ..values import Tool
from .current_time import WEEKDAYS
from .weather_codes import in_words

GEOCODING_URL = "https://geocoding-api.open-meteo.com/v1/search"
FORECAST_URL = "https://api.open-meteo.com/v1/forecast"

TIMEOUT_SECONDS = 5.0
LARGEST_BYTES = 256 * 1024
LONGEST_PLACE = 100
LONGEST_NAME = 80
MOST_DAYS = 7
DEFAULT_DAYS = 3
# How many places of a name are asked for; the others are told as far as they help to choose.
PLACES_ASKED = 5
CURRENT = "weather_code,temperature_2m,apparent_temperature,relative_humidity_2m,precipitation,wind_speed_10m"
DAILY = "weather_code,temperature_2m_min,temperature_2m_max,precipitation_sum,precipitation_probability_max"
DAILY += ",wind_speed_10m_max"

UNREADABLE = "The weather service sent something that cannot be read."
SENTENCES = {
    "busy": "The weather service has too much to do right now. Try again later.",
    "timeout": f"The weather service did not answer within {TIMEOUT_SECONDS:g} seconds.",
    "too_large": UNREADABLE,
    "not_json": UNREADABLE,
    "refused": "The weather service refused the request.",
    "failed": "The weather service failed. Try again later.",
    "blocked_url": "The weather service is not set up correctly here. Tell the person to ask the administrator.",
}
AWAY = "The weather service cannot be reached."

DESCRIPTION = (
    "Returns the current weather at a place and the forecast for up to 7 days, in metric units. Today is day one. "
    "The result says which place was found; tell the person if it may not be the one they meant."
)
PARAMETERS = {
    "type": "object",
    "properties": {
        "place": {
            "type": "string",
            "description": "A town, if need be with its region or country: Oslo, or Paris, Texas.",
            "minLength": 1,
            "maxLength": LONGEST_PLACE,
        },
        "days": {
            "type": "integer",
            "description": f"How many days of forecast, 1 to {MOST_DAYS}, today included; {DEFAULT_DAYS} if left out.",
            "minimum": 1,
            "maximum": MOST_DAYS,
        },
    },
    "required": ["place"],
}

Fetch = Callable[..., Awaitable[Any]]


def weather(
    *,
    geocoding_url: str = GEOCODING_URL,
    forecast_url: str = FORECAST_URL,
    allow_inner: bool = False,
    fetch: Fetch = fetch_json,
) -> Tool:
    """Return the tool that tells the weather; `allow_inner` is for a service of the administrator's own."""

    async def ask(url: str, params: dict[str, str | int | float]) -> dict[str, Any]:
        try:
            answer = await fetch(
                url,
                params=params,
                allowed_bytes=LARGEST_BYTES,
                seconds=TIMEOUT_SECONDS,
                port=port_of(url),
                allow_inner=allow_inner,
            )
        except OutgoingError as error:
            raise ToolError(SENTENCES.get(error.code, AWAY)) from error
        if not isinstance(answer, dict):
            raise ToolError(UNREADABLE)
        return answer

    async def run(arguments: dict[str, Any]) -> str:
        asked = " ".join(arguments["place"].split())
        named: dict[str, str | int | float] = {"name": asked, "count": PLACES_ASKED, "language": "en", "format": "json"}
        places = found(await ask(geocoding_url, named))
        if not places:
            raise ToolError(
                f"There is no place named {asked!r}. Use the name of a town, in English or its own language."
            )
        forecast = await ask(
            forecast_url,
            {
                "latitude": places[0]["latitude"],
                "longitude": places[0]["longitude"],
                "current": CURRENT,
                "daily": DAILY,
                "timezone": "auto",
                "forecast_days": arguments.get("days", DEFAULT_DAYS),
            },
        )
        return "\n".join(told(places, forecast))

    return Tool("get_weather", DESCRIPTION, PARAMETERS, run)


def found(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the places in a geocoder's answer that have a name and coordinates, the likeliest first."""
    results = answer.get("results", [])
    if not isinstance(results, list):
        raise ToolError(UNREADABLE)
    places = [
        place
        for place in results
        if isinstance(place, dict)
        and title(place)
        and number(place.get("latitude")) is not None
        and number(place.get("longitude")) is not None
    ]
    if results and not places:
        raise ToolError(UNREADABLE)
    return places


def told(places: list[dict[str, Any]], forecast: dict[str, Any]) -> Iterator[str]:
    """Yield the lines of a forecast for the first of the places, and which others have its name."""
    place = places[0]
    lines = [*now(forecast.get("current")), *days(forecast.get("daily"))]
    if not lines:
        raise ToolError(UNREADABLE)
    yield f"Weather in {title(place)} ({place['latitude']:.2f}, {place['longitude']:.2f}), from Open-Meteo.com."
    yield from lines
    name = str(place["name"]).casefold()
    others = dict.fromkeys(title(other) for other in places[1:] if str(other["name"]).casefold() == name)
    others.pop(title(place), None)
    if others:
        yield f"Other places of this name: {'; '.join(others)}. Add the region or country to ask for one of them."


def now(current: Any) -> Iterator[str]:
    """Yield the line about the weather at the moment, if there is anything to tell."""
    if not isinstance(current, dict) or number(current.get("temperature_2m")) is None:
        return
    parts = [
        in_words(current.get("weather_code")),
        measured(current.get("temperature_2m"), "{} °C"),
        measured(current.get("apparent_temperature"), "feels like {} °C"),
        measured(current.get("relative_humidity_2m"), "humidity {} %"),
        measured(current.get("precipitation"), "precipitation {} mm"),
        measured(current.get("wind_speed_10m"), "wind {} km/h"),
    ]
    yield f"Now ({plain(current.get('time')) or 'local time unknown'}): {', '.join(filter(None, parts))}."


def days(daily: Any) -> Iterator[str]:
    """Yield a line for each day of a forecast."""
    if not isinstance(daily, dict) or not isinstance(daily.get("time"), list):
        return
    for place, day in enumerate(daily["time"][:MOST_DAYS]):
        values = {name: each[place] for name, each in daily.items() if isinstance(each, list) and len(each) > place}
        parts = [
            in_words(values.get("weather_code")),
            measured(values.get("temperature_2m_min"), "lowest {} °C"),
            measured(values.get("temperature_2m_max"), "highest {} °C"),
            measured(values.get("precipitation_sum"), "precipitation {} mm"),
            measured(values.get("precipitation_probability_max"), "probability of precipitation {} %"),
            measured(values.get("wind_speed_10m_max"), "wind up to {} km/h"),
        ]
        if len(told_parts := list(filter(None, parts))) > 1:
            yield f"{weekday(day)}: {', '.join(told_parts)}."


def title(place: dict[str, Any]) -> str:
    """Return a place with its region and country, "Oslo, Oslo County, Norway"; empty if it has no name."""
    parts = [plain(place.get(name)) for name in ("name", "admin1", "country")]
    return ", ".join(dict.fromkeys(filter(None, parts))) if parts[0] else ""


def weekday(day: Any) -> str:
    """Return a date with its weekday, "Sunday 2026-03-01"; the service's own text if it is no date."""
    try:
        return f"{WEEKDAYS[date.fromisoformat(day).weekday()]} {day}"
    except (TypeError, ValueError):
        return plain(day) or "a day"


def measured(value: Any, form: str) -> str:
    """Return a measurement in its sentence, empty if there is none."""
    return "" if number(value) is None else form.format(f"{value:g}")


def number(value: Any) -> float | None:
    """Return a JSON number, None for anything else."""
    if not isinstance(value, int | float) or isinstance(value, bool) or abs(value) > 1e6 or not math.isfinite(value):
        return None
    return value


def plain(value: Any) -> str:
    """Return a text of the service as one short line: what it says goes to the model."""
    if not isinstance(value, str):
        return ""
    return "".join(character for character in value.strip() if character.isprintable())[:LONGEST_NAME]
