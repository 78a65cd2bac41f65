"""Which time zone a name means."""

import difflib
import unicodedata
from collections.abc import Mapping
from functools import cache
from zoneinfo import available_timezones

from .places import PLACES

# The other ones (US, Etc, Brazil) hold no cities.
AREAS = frozenset(
    ["Africa", "America", "Antarctica", "Arctic", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"]
)
# Parts of Australia, under names that say nothing without it.
NO_CITIES = frozenset(["act", "lhi", "north", "nsw", "south", "west"])
MOST_NEAR = 3
LONGEST_NAME = 64


def find(name: str) -> str | None:
    """Return the IANA zone that is named: by its own name, by its city, or by a place that is known to be in it."""
    return known().get(folded(name)) if len(name) <= LONGEST_NAME else None


def near(name: str) -> list[str]:
    """Return up to three zones whose names are nearly this one."""
    names = known()
    found = difflib.get_close_matches(folded(name[:LONGEST_NAME]), names, n=MOST_NEAR * 2)
    return list(dict.fromkeys(names[each] for each in found))[:MOST_NEAR]


@cache
def known() -> Mapping[str, str]:
    """Return the zones by all their folded names; where two would have one name, the zone's own comes first."""
    zones = sorted(available_timezones(), key=lambda zone: (len(zone), zone))
    names = {folded(zone): zone for zone in zones}
    for zone in zones:
        city = folded(zone.rpartition("/")[2])
        if zone.partition("/")[0] in AREAS and city not in NO_CITIES:
            names.setdefault(city, zone)
    for zone, places in PLACES.items():
        if folded(zone) in names:
            for place in places.split(", "):
                names.setdefault(folded(place), zone)
    return names


def folded(name: str) -> str:
    """Return a name without case, accents and the difference between spaces, hyphens and underscores."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(letter for letter in letters if not unicodedata.combining(letter))
    return " ".join(plain.replace("_", " ").replace("-", " ").split())
