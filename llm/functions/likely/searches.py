"""How people ask for what was said in their conversations."""

from .phrases import phrases

ENGLISH = phrases(
    """
    [when] did (i|we) <often> (mention|discuss|bring up|<talk> about) <about> <end>
    [when] did (i|we) <often> (tell you [<thing>]|ask [you] [<thing>]|say <thing>) about <about> <end>
    [when] have (i|we) <often> (mentioned|discussed|brought up|<talked> about) <about> <end>
    [when] have (i|we) <often> (told you [<thing>]|asked [you]|said <thing>) about <about> <end>
    what did (i|we) [already] (say|decide|agree|conclude) <on> <about> <end>
    what have (i|we) [already] (said|decided|agreed|concluded) <on> <about> <end>
    what (did (i|we) [already] (tell you|write)|have (i|we) [already] (told you|written)) about <about> <end>
    what (i|we) (said|told you|wrote|decided|agreed) <on> <about> <end>
    (search|search in|search through|look in|look through|go through|check) <mine> for <about>
    (find|show me|look for|search for) [all] [the|any] <chats> (where|in which) (i|we) <said> <about>
    (find|look for|search for|show me) <mine> <on> <about>
    (find|look for|search for|look up) <about> in <mine>
    """,
    often="[ever|already|once|previously|last|first|before]*",
    thing="(anything|something)",
    talk="(talk|speak|chat|write) [to you|with you]",
    talked="(talked|spoken|written) [to you|with you]",
    said="(mentioned|discussed|(talked|spoke|asked|wrote) about)",
    on="(about|on|regarding|concerning)",
    chats="(messages?|chats?|conversations?|discussions?|sessions?|history)",
    mine="(my|our) [previous|past|old|earlier|other|chat|message|conversation|whole|entire]* <chats>",
    end="[<before>|<lately>|in (this|our|any|my) [last|previous|earlier|past|other] <chats>]*",
    before="before|earlier|already|yet|to you|with you|here|previously|recently|at some point|in the past",
    lately="yesterday|today|this week|last (week|time|month|year)",
)
GERMAN = phrases(
    """
    [wann] (habe?|haben|hatten?) (ich|wir) <fill> (uber|von|vom|zu|zum|zur) <about> <fill> <talked>
    [wann] (habe?|haben) (ich|wir) <fill> <about> <fill> (erwahnt|angesprochen|besprochen)
    was (habe? ich|haben wir) <fill> (uber|zu|zum|zur|von|vom|wegen) <about> <fill> <said>
    (suche?|durchsuche?) [bitte] [in] <mine> nach <about>
    (suche?|finde) [bitte] [nach] <about> in <mine>
    """,
    fill="[mit dir|dir|uns|schonmal|schon|einmal|mal|bereits|jemals|je|vorher|fruher|irgendwann|hier|<lately>]*",
    lately="zuletzt|(das|zum) letzten? mal|etwas|was|bisher|heute|gestern|letzte woche",
    talked="(gesprochen|geredet|geschrieben|erzahlt|diskutiert|unterhalten|gechattet|gesagt|gefragt)",
    said="(gesagt|geschrieben|erzahlt|besprochen|beschlossen|vereinbart|ausgemacht|entschieden)",
    mine="(meine|unsere)(n|m)? [alten|fruheren|bisherigen|ganzen|letzten] <chats>",
    chats="(chats?|chatverlauf|verlauf|nachrichten|unterhaltung(en)?|gesprachen?|konversationen)",
)
FRENCH = phrases(
    """
    [quand] (<have>|est-ce <that>) [deja|jamais] <said><about> <end>
    <what> [deja] (dit|ecrit|raconte|decide|convenu) (sur |concernant |de la |de l'|du |des |de |d')<about> <end>
    <what> [deja] (dit|ecrit|raconte|decide|convenu) (a propos|au sujet) (de la |de l'|du |des |de |d')<about> <end>
    (re)?(cherche|trouve)(-moi)? <about> dans <mine>
    (re)?(cherche|fouille) dans <mine> <about>
    """,
    said="(mentionne |evoque |aborde |(parle|discute|ecrit|dit quelque chose) [<last>] <of>)",
    of="(sur |de la |de l'|du |des |de |d')",
    last="pour la derniere fois|ensemble|recemment",
    end="[avec toi|deja|avant|hier|<last>|la semaine derniere|dans (cette|nos|mes) conversations?|dans ce chat]",
    have="ai-je|t'ai-je|avons-nous|a-t-on",
    that="(que (j'ai|je t'ai|nous avons)|qu'on a)",
    what="(qu'(ai-je|avons-nous|est-ce <that>)|que t'ai-je)",
    mine="((mes|nos) [anciens|anciennes] (messages|conversations|discussions|chats)|(l'|mon |notre )historique)",
)
SPANISH = phrases(
    """
    que [te] (dije|conte|escribi|dijimos|decidimos|acordamos) [yo] <of> <about> <end>
    que [te] (he dicho|hemos dicho|hemos decidido) <of> <about> <end>
    cuando [<last>] (hablamos|te hable|hemos hablado|discutimos|te pregunte) [por ultima vez] (<of>|por) <about> <end>
    cuando [<last>] (mencione|mencionamos) <about> <end>
    (busca|buscame|encuentra) <about> en <mine>
    (busca|buscame) en <mine> <about>
    """,
    of="(de la|de los|de las|del|de|sobre|acerca de|respecto a)",
    last="fue la ultima vez que",
    end="[antes|contigo|ayer|hace poco|recientemente|la semana pasada|por ultima vez|<in_chat>]",
    in_chat="en (este chat|(esta|mis|nuestras) conversacion(es)?)",
    mine="(mis|nuestras|nuestros|mi|nuestro) [antiguas|antiguos] (chats|conversaciones|mensajes|historial|charlas)",
)
# What is stated and asked with the same words: the question mark tells.
FRENCH_ASKED = phrases(
    """
    (j'ai|je t'ai|on a|nous avons) deja (mentionne |evoque |aborde |(parle|discute) <of>)<about>
    """,
    of="(de la |de l'|du |des |de |d')",
)
SPANISH_ASKED = phrases(
    """
    [ya|alguna vez] [te] (he|hemos) [ya|alguna vez] (mencionado|comentado|discutido [sobre]) <about> <end>
    [ya|alguna vez] [te] (he|hemos) [ya|alguna vez] hablado [contigo|alguna vez] <of> <about> <end>
    [ya|alguna vez] [te] (he|hemos) [ya|alguna vez] (dicho algo|preguntado) (<of>|por) <about> <end>
    (mencione|ya hablamos <of>|te hable <of>) <about> <end>
    """,
    of="(de la|de los|de las|del|de|sobre|acerca de)",
    end="[antes|contigo|ayer|hace poco|la semana pasada|en este chat]",
)
PATTERNS = (ENGLISH, GERMAN, FRENCH, SPANISH)
ASKED_PATTERNS = (FRENCH_ASKED, SPANISH_ASKED)
