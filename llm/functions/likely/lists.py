"""How the list of a person's conversations is asked for."""

from .phrases import phrases

ENGLISH = phrases(
    """
    <show> [me] [all|all of] <old_ones> <chats>
    (what (are|were)|where are) [all|all of] <old_ones> <chats>
    (show|list|display) [me] (my|our) (chat|conversation) history
    (what|which|how many) [other] <chats> (do|did) (i|we) have [so far|already|before|with you]
    (what|which|how many) [other] <chats> have (i|we) had [so far|already|before|with you]
    (my|our) (previous|past|earlier|recent) <chats>
    """,
    show="(show|list|display|see|view|give|open|get)",
    chats="(chats|conversations|sessions|discussions)",
    old="(previous|past|earlier|old|older|recent|last|other|saved)",
    old_ones="((my|our) [all|<old>]*|[the|all] <old>)",
)
GERMAN = phrases(
    """
    (zeige?|nenne?|gib|liste) [mir] [bitte] [alle] (<my>|<old>) <chats> [auf|an]
    (kannst|konntest) du [mir] [bitte] [alle] <my> <chats> (zeigen|auflisten|anzeigen|nennen)
    (welche|wie ?viele) <chats> (habe ich|haben wir|hatte ich|hatten wir) [schon|bisher|bereits] [gefuhrt|gehabt]
    (was|welche) sind meine <old> <chats>
    """,
    chats="(chats|unterhaltungen|gesprache|konversationen|sitzungen|chatverlaufe)",
    old="(bisherigen|fruheren|vorherigen|letzten|alten|anderen|vergangenen|gespeicherten)",
    my="((meine|unsere) [<old>]|die <old>)",
)
FRENCH = phrases(
    """
    <show> [toutes|tous] (mes|nos) [<old>] <chats> [<past>]
    <show> [toutes|tous] les (<old> <chats>|<chats> <past>)
    (montre|affiche)(-moi)? (mon|notre) historique [de (conversations|discussions|chat)]
    quelles sont mes [<old>] <chats> [<past>]
    (quelles|combien de) <chats> (ai-je|avons-nous) [deja] [eue?s?]
    """,
    show="(montre|affiche|liste|donne)(r|z)?(-moi|-nous)?",
    chats="(conversations|discussions|sessions|chats)",
    old="(ancien|precedent|dernier|autre)(ne|e)?s",
    past="(precedent|passe|anterieur|recent)e?s",
)
SPANISH = phrases(
    """
    <show> [todas|todos] (mis|nuestras|nuestros) [ultimas|ultimos|otras|otros|<past>] <chats> [<past>]
    <show> [todas|todos] (las|los) <chats> <past>
    (muestrame|muestra|ver) (mi|nuestro) historial [de (chats?|conversaciones)]
    (que|cuales|cuantas|cuantos) <chats> (tengo|tenemos|he tenido|hemos tenido)
    cuales son mis <chats> [<past>]
    """,
    show="(muestrame|muestra|mostrar|ensename|lista|listar|listame|dame|quiero ver|ver)",
    chats="(conversaciones|chats|sesiones|charlas)",
    past="(anteriores|previ(a|o)s|pasad(a|o)s|recientes|antigu(a|o)s|guardad(a|o)s)",
)
PATTERNS = (ENGLISH, GERMAN, FRENCH, SPANISH)
