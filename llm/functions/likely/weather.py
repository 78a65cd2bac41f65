"""Is the weather of a place asked for? "Weather in Oslo tomorrow", "quel temps fera-t-il à Lyon"."""

import re
from typing import Any

from .message import Message
from .phrases import phrases
from .place_names import is_place

ENGLISH = phrases(
    """
    <asked> <when> (in|at|near) <place> [going to be] [like] <when>
    [what's|what is] [the] <kind> weather (forecast|report) <when> (in|at|for|near) <place> <when>
    """,
    asked="""
        (what|how)('s|s| is| will) the <kind> weather [going to] [be] [like]
        [the] <kind> weather [conditions]
        [what's|what is] the [current|outside] temperature
        current temperature
        how (warm|cold|hot|windy|humid) (is|will) it [be]
        (is|will) it [be|be going to|going to] (rain|snow|raining|snowing|sunny|cold|warm|hot|windy|cloudy)
        do i need (an umbrella|a coat|a jacket)
    """,
    kind="[current|local]",
    when="[<moment>|<part>|(on|this|next|over the|at the) <day>|<day>|<several>]",
    moment="right now|now|currently|at the moment|later today|today|tonight|the day after tomorrow|next week",
    part="tomorrow [morning|afternoon|evening|night]|this (morning|afternoon|evening|week)",
    day="((mon|tues|wednes|thurs|fri|satur|sun)day|weekend)",
    several="[in|for|over] the (next|coming) [two|three|four|five|six|seven|few|2|3|4|5|6|7] days",
)
GERMAN = phrases(
    """
    <asked> <when> (in|auf) <place> <when>
    (die )?wetter(bericht|vorhersage|lage) <when> (in|fur|auf) <place> <when>
    <begun> <when> in <place> <when> (regnen|schneien|regen geben|schnee geben|warm|kalt|sonnig|heiss|heiß|<closed>)
    """,
    asked="""
        wie (ist|wird) <when> das wetter
        (das )?(aktuelle )?wetter
        (regnet|schneit) es
        wie (warm|kalt|heiss|heiß) (ist|wird) es
        (wie|was) ist die (aktuelle )?temperatur
        (die )?(aktuelle )?temperatur
        brauche ich <when> einen (regen)?schirm
    """,
    begun="(wird es|wie sieht <when> das wetter|wie wird <when> das wetter|brauche ich)",
    closed="aus|werden|einen (regen)?schirm",
    when="[jetzt|gerade|aktuell|momentan|denn|ubermorgen|<part>|(am|diesen|nachsten) <day>|<day>|<week>|<several>]*",
    part="heute [abend|nacht|nachmittag|fruh]|morgen [fruh|abend|nachmittag]",
    day="(montag|dienstag|mittwoch|donnerstag|freitag|samstag|sonnabend|sonntag|wochenende)",
    week="(diese|nachste|kommende) woche",
    several="in den (nachsten|kommenden) [zwei|drei|vier|funf|sechs|sieben|2|3|4|5|6|7] tagen",
)
FRENCH = phrases(
    """
    <asked> <when> (a|au|aux|en|dans) <place> <when>
    (quelle est |donne-moi )?(la )?meteo <when> ((a|au|aux|en|de|pour|sur) |d')<place> <when>
    (quelles sont )?les previsions meteo <when> ((a|au|aux|en|de|pour|sur) |d')<place> <when>
    """,
    asked="""
        quel temps (fait-il|il fait|fera-t-il|il fera|va-t-il faire)
        il fait quel temps
        comment est (la meteo|le temps)
        est-ce qu'il (pleut|neige|va pleuvoir|va neiger|fera beau|fait (chaud|froid|beau))
        (pleut-il|neige-t-il|va-t-il (pleuvoir|neiger)|fait-il (chaud|froid|beau))
        quelle temperature (fait-il|il fait|fera-t-il)
        quelle est la temperature [actuelle]
    """,
    when="[maintenant|actuellement|en ce moment|(d')?aujourd'hui|<part>|<week>|<day> [prochain]|<several>]",
    part="ce (soir|matin|week-end)|cet apres-midi|(de )?demain [matin|soir]|apres-demain",
    week="cette semaine|la semaine prochaine",
    day="(lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche)",
    several="[pour] (les|ces) [2|3|4|5|6|7] prochains jours",
)
SPANISH = phrases(
    """
    <asked> <when> en <place> <when>
    [cual es|dame] [el] pronostico [del tiempo] <when> (en|de|para) <place> <when>
    """,
    asked="""
        que (tiempo|clima) (hace|hara|va a hacer|habra|hay)
        (cual es|como (esta|es|estara|va a estar)|dame) el (clima|tiempo|estado del tiempo) [actual]
        [el] (clima|estado del tiempo) [actual]
        que temperatura (hace|hay|hara)
        cual es la temperatura [actual]
    """,
    when="[ahora mismo|ahora|actualmente|hoy|pasado manana|<part>|(el|este|el proximo) <day>|<day>|<week>|<several>]",
    part="esta (noche|tarde|manana)|[para] manana [por la (manana|tarde|noche)]",
    week="esta semana|la proxima semana|la semana que viene",
    day="(lunes|martes|miercoles|jueves|viernes|sabado|domingo|fin de semana)",
    several="[para] los proximos [2|3|4|5|6|7] dias",
)
# Without a question mark these state what they could ask.
SPANISH_ASKED = phrases(
    """
    (va a (llover|nevar)|llovera|nevara|llueve) <when> en <place> <when>
    (esta (lloviendo|nevando)|hace (frio|calor|sol|buen tiempo)) <when> en <place> <when>
    """,
    when="[ahora mismo|ahora|hoy|<part>|manana [por la (manana|tarde|noche)]|<day>]",
    part="pasado manana|esta (noche|tarde|semana|manana)",
    day="(el|este) (lunes|martes|miercoles|jueves|viernes|sabado|domingo|fin de semana)",
)
PATTERNS = (ENGLISH, GERMAN, FRENCH, SPANISH)
ASKED_PATTERNS = (SPANISH_ASKED,)

# A day that may be later than the ones that are told unasked.
LATER = re.compile(
    "(?:mon|tues|wednes|thurs|fri|satur|sun)day|week|days|(?:mon|diens|donners|frei|sams|sonn)tag|mittwoch|sonnabend|woche"
    "|tagen|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|semaine|jours|lunes|martes|miercoles|jueves|viernes|sabado"
    "|domingo|semana|dias"
)
WHOLE_WEEK = 7


def asked(message: Message) -> dict[str, Any] | None:
    """Return the arguments of `get_weather`, None if the weather of a place is not asked for."""
    for pattern in PATTERNS + (ASKED_PATTERNS if message.question else ()):
        match = pattern.fullmatch(message.plain)
        if match is not None and is_place(match[match.lastindex or 0]):
            arguments: dict[str, Any] = {"place": message.wanted(match)}
            return arguments | ({"days": WHOLE_WEEK} if LATER.search(message.plain) else {})
    return None
