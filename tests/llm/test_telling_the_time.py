"""A model asks what time it is: here, elsewhere, and where there is no such zone."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from llm.errors import ToolError
from llm.functions import clock, zones
from llm.functions.places import PLACES
from llm.schema import problems

NOON = datetime(2026, 3, 1, 12, 0, 5, 999_999, tzinfo=UTC)


async def told(timezone: str | None = None, *, default: str = "UTC", moment: datetime = NOON) -> str:
    tool = clock(default, now=moment.astimezone)
    return await tool.run({} if timezone is None else {"timezone": timezone})


async def test_the_time_is_told_with_weekday_and_offset():
    assert await told() == "2026-03-01T12:00:05+00:00, Sunday, UTC (UTC+00:00)"
    assert await told("Europe/Oslo") == "2026-03-01T13:00:05+01:00, Sunday, Europe/Oslo (UTC+01:00)"
    assert await told("Asia/Kathmandu") == "2026-03-01T17:45:05+05:45, Sunday, Asia/Kathmandu (UTC+05:45)"


async def test_the_day_is_the_zones_own():
    assert (await told("Pacific/Auckland")).startswith("2026-03-02T01:00:05+13:00, Monday")
    assert (await told("Pacific/Pago_Pago")).startswith("2026-03-01T01:00:05-11:00, Sunday")


async def test_summer_time_is_kept():
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    assert (await told("Europe/Oslo", moment=summer)).endswith("Europe/Oslo (UTC+02:00)")


async def test_the_default_is_the_persons_own_zone():
    assert "America/New_York" in await told(default="America/New_York")
    assert "America/New_York" in clock("America/New_York").parameters["properties"]["timezone"]["description"]


@pytest.mark.parametrize("default", ["", "Mars/Olympus", "x" * 100])
async def test_a_default_that_is_no_zone_is_utc(default):
    assert "UTC (UTC+00:00)" in await told(default=default)


@pytest.mark.parametrize("empty", ["", "  "])
async def test_an_empty_zone_is_the_default(empty):
    assert "Europe/Paris" in await told(empty, default="Europe/Paris")


@pytest.mark.parametrize(
    ("name", "zone"),
    [
        ("europe/berlin", "Europe/Berlin"),
        ("America/New York", "America/New_York"),
        ("Tokyo", "Asia/Tokyo"),
        ("tokio", "Asia/Tokyo"),
        ("São Paulo", "America/Sao_Paulo"),
        ("Genève", "Europe/Zurich"),
        ("München", "Europe/Berlin"),
        ("Londres", "Europe/London"),
        ("Ciudad de México", "America/Mexico_City"),
        ("CET", "CET"),
        ("US/Eastern", "US/Eastern"),
    ],
)
async def test_a_zone_is_found_by_its_city_in_any_spelling(name, zone):
    assert f" {zone} (" in await told(name)


@pytest.mark.parametrize(
    ("name", "near"),
    [("Europe/Brlin", "Europe/Berlin"), ("Asia/Tokio", "Asia/Tokyo"), ("Amerika/New_York", "America/New_York")],
)
async def test_an_unknown_zone_is_told_with_near_names(name, near):
    with pytest.raises(ToolError) as caught:
        await told(name)
    assert str(caught.value).startswith(f"There is no time zone named {name!r}.")
    assert near in str(caught.value)


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "/etc/localtime", "Europe", "zone.tab", "tzdata.zi", "\0", "Europe/Oslo\0", "north", "🕐"],
)
async def test_what_is_no_zone_is_refused(name):
    with pytest.raises(ToolError, match="There is no time zone named"):
        await told(name)


async def test_a_name_like_no_other_is_told_how_zones_are_named():
    with pytest.raises(ToolError, match="Use an IANA name such as"):
        await told("qqqqqqqqqqqq")


def test_every_known_place_is_in_a_zone_that_there_is():
    for zone, places in PLACES.items():
        assert zones.find(zone) == zone
        for place in places.split(", "):
            found = zones.find(place)
            # Some countries are zones by themselves, as "Egypt".
            assert found and NOON.astimezone(ZoneInfo(found)).utcoffset() == NOON.astimezone(ZoneInfo(zone)).utcoffset()


def test_the_arguments_are_held_to_the_schema():
    parameters = clock().parameters
    assert problems({}, schema=parameters) == []
    assert problems({"timezone": "Europe/Oslo"}, schema=parameters) == []
    assert problems({"timezone": 1}, schema=parameters)
    assert problems({"zone": "Europe/Oslo"}, schema=parameters)
    assert problems({"timezone": "x" * 65}, schema=parameters)
