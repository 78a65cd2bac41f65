"""Is the time asked for? "What time is it in Tokyo", "den wievielten haben wir heute"."""

from typing import Any

from .. import zones
from .message import Message
from .phrases import phrases

ENGLISH = phrases(
    """
    (what's|what is|whats) (the [current|exact|local]*|current|exact|local) <clock> [<now>] [(in|at) <place>] [<now>]
    (what's|what is|whats) (today's date|today|the day today)
    (what|which) <unit> (is it|it is) [<now>] [(in|at) <place>] [<now>]
    (what|which) <unit> (is today|today is)
    (give|show) me the [current] <clock> [(in|at) <place>]
    the [current] (time|date) (in|at) <place> [<now>]
    (the current|current|local) (time|date) [(in|at) <place>] [<now>]
    time in <place> [<now>]
    today's date
    do you have the time
    """,
    clock="(time|date|date and time|time and date|day of the week)",
    unit="(time|day|date|year|month|weekday|day of the week)",
    now="today|now|right now|currently|at the moment",
)
GERMAN = phrases(
    """
    (wie spat|wie ?viel uhr|welche uhrzeit) (ist es|es ist|haben wir) <now> [in <place>] <now>
    [wie ist|was ist] [die] [aktuelle] uhrzeit <now> in <place> <now>
    (wie|was) ist die [aktuelle] uhrzeit
    welche(r|n)? (wochentag|tag) (ist|haben wir) [denn] <now>
    (welches|was fur ein) (datum|jahr) (ist|haben wir) <now>
    welchen monat haben wir <now>
    (der|den) wievielten? (ist|haben wir) <now>
    was ist heute fur ein (tag|datum)
    (was|wie) ist das (heutige|aktuelle) datum
    (das )?(heutige|aktuelle) datum
    """,
    now="[jetzt|gerade|heute|aktuell|momentan]*",
)
FRENCH = phrases(
    """
    quelle heure (est-il|il est) [<now>] [<at> <place>] [<now>]
    il est quelle heure [<now>] [<at> <place>] [<now>]
    quelle est l'heure [actuelle|locale] [<now>] [<at> <place>] [<now>]
    (donne-moi )?l'heure actuelle [<at> <place>]
    l'heure <at> <place>
    quel jour (sommes-nous|est-on|on est|nous sommes) [<now>]
    on est quel jour [<now>]
    quelle est la date [d'aujourd'hui|du jour|actuelle]
    (quelle date|en quelle annee) (sommes-nous|est-on) [<now>]
    (la )?date (du jour|d'aujourd'hui)
    """,
    at="(a|au|aux|en)",
    now="maintenant|actuellement|en ce moment|aujourd'hui",
)
SPANISH = phrases(
    """
    que hora es [<now>] [en <place>] [<now>]
    [cual es] la (hora|fecha) (actual|local|de hoy|exacta) [en <place>]
    cual es la (hora|fecha) [<now>] [en <place>] [<now>]
    la hora en <place> [<now>]
    (me dices|dame) la (hora|fecha) [de hoy]
    tienes hora
    que (dia|fecha) (es|tenemos) [<now>]
    a que (dia|fecha) estamos [<now>]
    en que (dia|ano|mes|fecha) estamos [<now>]
    que ano es
    fecha de hoy
    """,
    now="ahora mismo|ahora|hoy|actualmente",
)
PATTERNS = (ENGLISH, GERMAN, FRENCH, SPANISH)


def asked(message: Message) -> dict[str, Any] | None:
    """Return the arguments of `get_current_time`, None if it is not asked for, or for a place in no known zone."""
    for pattern in PATTERNS:
        if match := pattern.fullmatch(message.plain):
            if not match.lastindex:
                return {}
            zone = zones.find(message.wanted(match))
            return {"timezone": zone} if zone else None
    return None
