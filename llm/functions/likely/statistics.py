"""How this conversation's size is asked for: how many messages, how long already."""

from .phrases import phrases

ENGLISH = phrases(
    """
    how many <things> have (i|we) [already] <sent> [you] <so_far>
    how many <things> did (i|we) (send|ask|write|type|exchange) [you] <so_far>
    how many <things> (i|we)('ve| have) [already] <sent> [you] <so_far>
    how many <things> (are|are there) in <chat> <so_far>
    how many <things> does <chat> have <so_far>
    how many (tokens|words) (have|did) (i|we) (used?|written|write|sent|send) <so_far>
    (how long|since when) (have (we|i) been|(we|i) have been|we've been) <talking> [<to_you>] <so_far>
    how long is <chat> <so_far>
    how long has <chat> (been|been going|been going on|been running|lasted|taken) <so_far>
    when did <chat> (start|begin)
    when did we (start|begin) (talking|chatting|<chat>)
    (show|give|display) [me] (the|my|our) [current] (session|chat|conversation|message) <figures> [(for|of) <chat>]
    (show|give) [me] [the] <figures> (for|of) <chat>
    what are (the|my|our) [current] (session|chat|conversation|message) <figures>
    [my|our] (session|chat|conversation) <figures>
    """,
    things="(messages|questions|prompts)",
    chat="(this|our|the) (chat|conversation|session|discussion)",
    sent="(sent|asked|written|typed|exchanged)",
    talking="(talking|chatting|speaking)",
    to_you="(to|with) (you|each other)",
    so_far="[so far|already|until now|up to now|to you|here|in total|altogether|overall|(in|during) <chat>]*",
    figures="(stats|statistics)",
)
GERMAN = phrases(
    """
    wie ?viele <things> (habe? ich|haben wir) <fill> <sent>
    wie ?viele <things> (ich|wir) <fill> <sent> haben?
    wie ?viele <things> (sind|gibt es) <in_chat> <fill>
    wie ?viele <things> hat <chat> <fill>
    (wie lange|seit wann) (reden|sprechen|chatten|schreiben|unterhalten|plaudern) wir [uns] <fill>
    (wie lange|seit wann) (lauft|dauert|geht) <chat> <fill>
    wann hat <chat> (begonnen|angefangen)
    wann haben wir angefangen zu (reden|chatten|schreiben|sprechen)
    <show> [mir] [bitte] (die|meine|unsere) (chat|sitzungs|gesprachs|nachrichten)-?statistik(en)?
    <show> [mir] [bitte] die statistik(en)? (zu|von|fur) (diesem (chat|gesprach)|dieser (unterhaltung|sitzung))
    """,
    things="(nachrichten|fragen)",
    sent="(geschickt|gesendet|geschrieben|gestellt|verschickt|ausgetauscht|getippt)",
    chat="(dieser chat|dieses gesprach|diese (unterhaltung|konversation|sitzung)|unser chat|unser gesprach)",
    in_chat="in (diesem (chat|gesprach)|dieser (unterhaltung|konversation|sitzung)|unserem chat|unserer unterhaltung)",
    fill="[dir|bisher|bis jetzt|schon|jetzt|nun|bereits|eigentlich|insgesamt|hier|miteinander|zusammen|<in_chat>]*",
    show="(zeige?|gib|nenne?)",
)
FRENCH = phrases(
    """
    combien de <things> (ai-je|t'ai-je|est-ce que (j'ai|je t'ai)|j'ai|je t'ai) [deja] <sent> <fill>
    combien de <things> (avons-nous|a-t-on|nous avons|on a) [deja] <sent> <fill>
    combien de <things> (y a-t-il|il y a) dans <chat> <fill>
    combien de <things> (compte|contient) <chat>
    <since> (parlons|discutons|bavardons|echangeons|conversons)-nous <fill>
    <since> (est-ce qu'on|on) (parle|discute|bavarde|se parle) <fill>
    <since> [est-ce que] nous (parlons|discutons|bavardons) <fill>
    <since> dure <chat>
    combien de temps (dure|a dure) <chat>
    quand (cette|notre) (conversation|discussion|session) [a-t-elle] (commence|debute)
    quand a (commence|debute) <chat>
    quand (avons-nous|a-t-on) commence a (parler|discuter)
    (montre|affiche|donne)(-moi)? les statistiques (de <chat>|de ma session|du chat)
    """,
    things="(messages|questions)",
    sent="(envoye|ecrit|pose|echange|tape)e?s?",
    since="depuis (combien de temps|quand)",
    chat="((cette|notre|la) (conversation|discussion|session)|ce chat)",
    fill="[jusqu'ici|jusqu'a present|jusqu'a maintenant|deja|au total|en tout|ensemble|ici|dans <chat>]*",
)
SPANISH = phrases(
    """
    cuant(o|a)s <things> [te] (he|hemos|llevo|llevamos) [ya] <sent> <fill>
    cuant(o|a)s <things> [te] (envie|mande|escribi|hice) <fill>
    cuant(o|a)s <things> (hay|van) en <chat> <fill>
    cuant(o|a)s <things> tiene <chat>
    cuanto [tiempo] (llevamos|llevo|hace que estamos|hemos estado) <talking> [juntos] <fill>
    desde cuando (estamos|llevamos) <talking> <fill>
    cuanto (dura|ha durado|lleva) <chat>
    cuando (empezo|comenzo) <chat>
    cuando empezamos a (hablar|chatear)
    (muestrame|muestra|dame|ensename|ver) las estadisticas (de <chat>|de mi sesion|del chat)
    """,
    things="(mensajes|preguntas)",
    sent="(enviad|escrit|mandad|hech|intercambiad)(o|a)s?",
    talking="(hablando|chateando|conversando|charlando)",
    chat="((esta|nuestra|la) (conversacion|sesion|charla)|este chat)",
    fill="[hasta ahora|ya|en total|aqui|contigo|en <chat>]*",
)
PATTERNS = (ENGLISH, GERMAN, FRENCH, SPANISH)
