"""Words that tell whether what stands after "in" may be the name of a place."""

import re

MOST_WORDS = 5
WORD = re.compile(r"[^\W\d_]+")
# "St. Louis" goes on after its full stop, "Oslo. Thanks" does not.
SENTENCE_END = re.compile(r"[^\W\d_]{4}\.")

# Words that no name of a place holds, though they may stand after "in": somebody is asking for something else.
NEVER_WORDS = """
a my your our his her its their this that these those here there it me us them any every which what where when in on
at for with and or if because than then who how not no yes as to from by during while before after about today tonight
tomorrow yesterday now later week weekend month year day days morning afternoon evening night time last ago january
february march april june july august september october november december spring summer autumn winter monday tuesday
wednesday thursday friday saturday sunday christmas easter next quarter may noon midnight

mein meine meinem meiner meinen dein deine deinem deiner unser unsere unserem unserer ein eine einem einer einen
dieser diesem diesen hier dort da heute morgen gestern ubermorgen jetzt woche wochenende monat jahr letzte letzten
letzter und oder wenn weil als mit bei vom zum januar februar marz mai juni juli oktober dezember fruhling sommer
herbst montag dienstag mittwoch donnerstag freitag samstag sonntag weihnachten ostern

mon ma mes ton ta tes son sa ses notre nos votre un une ce cet cette ici aujourd demain semaine mois annee et ou si
quand avec janvier fevrier avril juin juillet aout septembre octobre novembre decembre printemps ete automne hiver
lundi mardi mercredi jeudi vendredi samedi dimanche noel

mi mis tu tus su sus nuestro nuestra una uno este esta esto aqui alli ayer hoy manana semana mes ano y cuando con
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre primavera verano otono
invierno lunes martes miercoles jueves viernes sabado domingo navidad
"""
# Words that are no place by themselves: "weather in space", but "Sun City".
THING_WORDS = """
unity unreal engine blender spielen celsius fahrenheit kelvin degrees general english german french spanish italian
russian chinese japanese latin python javascript java react html css json excel code app api game games minecraft
movie film book story novel poem song space running hiking flying sailing skiing fishing camping surfing cycling
swimming planting travel picnic wedding trip area city town country place room oven fridge house garden kitchen
reactor cpu gpu sun moon mars venus jupiter earth heaven hell ml ai model llm llms grad allgemeinen englisch deutsch
franzosisch spanisch italienisch stadt gegend zimmer kuche ofen haus garten welt anglais allemand francais espagnol
ville maison ingles aleman frances espanol ciudad casa video computer real life early late outer science fiction
"""
NEVER = frozenset(WORD.findall(NEVER_WORDS))
THINGS = frozenset(WORD.findall(THING_WORDS))
ARTICLES = frozenset(["the", "der", "die", "das", "dem", "den", "le", "la", "les", "l", "el", "los", "las"])
# What names that begin with an article go on with; any other "the" is no town.
AFTER_ARTICLE = """
hague bronx netherlands uk us usa bahamas philippines maldives gambia schweiz turkei ukraine slowakei mongolei
niederlanden vereinigten havre mans caire rochelle reunion havane paz habana plata coruna serena spezia angeles cabos
vegas palmas paso cairo salvador baule ciotat
"""
WITH_ARTICLE = frozenset(WORD.findall(AFTER_ARTICLE))


def is_place(plain: str) -> bool:
    """Tell whether a few words in plain lower case may be the name of a place."""
    words = WORD.findall(plain)
    if not 1 <= len(words) <= MOST_WORDS or SENTENCE_END.search(plain):
        return False
    if not NEVER.isdisjoint(words) or THINGS.issuperset(words):
        return False
    return words[0] not in ARTICLES or (len(words) > 1 and words[1] in WITH_ARTICLE)
