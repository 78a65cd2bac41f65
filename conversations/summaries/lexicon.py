"""Small word lists of English, German, French and Spanish, folded as the search folds words."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Words that say nothing about what a text is about.
EVERYDAY = _words(
    # English
    "a about above after again all also am an and any are aren as at be because been before being below between both "
    "but by can cannot could did do does doing don down during each even every few first for from further get gets "
    "give go good got had has have having he her here hers him his how however i if in into is isn it its just know "
    "least less let like ll make many may me might more most much must my need never new no nor not now of off often "
    "on once one only or other our out over own per please put rather re really s same say see shall she should since "
    "so some still such sure t take than thank thanks that the their them then there these they thing things think "
    "this those through to too two under until up us use used using ve very want was way we well were what when where "
    "whether which while who why will with within without would yes yet you your yours question answer help tell "
    # German
    "aber alle allem allen aller alles als also am an andere anderen auch auf aus bei beim bin bis bist bitte da "
    "damit dann das dass dein deine dem den denn der des dich die dies diese diesem diesen dieser dieses dir doch "
    "dort du durch ein eine einem einen einer eines einige er es etwa etwas euch fur gegen gibt habe haben hat hatte "
    "hier ich ihm ihn ihr ihre im immer in ins ist ja jede jeden jeder jetzt kann kannst kein keine konnen konnte "
    "machen man mehr mein meine mich mir mit muss nach nicht nichts noch nun nur ob oder ohne schon sehr sein seine "
    "sich sie sind so sollte soll uber um und uns unter viel vom von vor war waren warum was weil welche wenn wer "
    "werden wie wieder will wir wird wo wurde zu zum zur zwischen danke frage antwort "
    # French
    "ai alors au aucun aussi autre aux avant avec avoir bon c ca car ce cela ces cet cette ceux chaque ci comme "
    "comment d dans de depuis des deux doit donc du elle elles en encore entre est et etait etre eu faire fait faut "
    "il ils j je l la le les leur lui ma mais me meme mes moi moins mon n ne nos notre nous on ont ou par parce pas "
    "peu peut plus pour pourquoi qu quand que quel quelle quelles quels qui sa sans se ses si son sont sous sur ta te "
    "tes toi ton tous tout toute toutes tres tu un une vos votre vous y merci reponse "
    # Spanish
    "a al algo algun ante antes asi aun aunque bien cada como con cual cuando cuanto de del desde donde dos e el ella "
    "ellas ellos en entonces entre era eres es esa ese eso esta estan estar este esto estos fue ha hace hacer han "
    "hasta hay la las le les lo los mas me mi mis mucho muy nada ni no nos o otra otro para pero poco por porque "
    "pregunta puede pues que quien se sea ser si sin sobre son su sus tal tambien tan te tiene todo todos tu un una "
    "uno unos y ya yo gracias respuesta "
)

POSITIVE = _words(
    "thanks thank great perfect excellent helpful nice awesome love works worked solved good happy wonderful amazing "
    "brilliant glad correct "
    "danke super toll perfekt hilfreich klasse wunderbar gelost funktioniert gut freut richtig prima "
    "merci parfait genial utile super excellent resolu fonctionne bien content bravo "
    "gracias perfecto excelente util genial resuelto funciona bien contento estupendo"
)
NEGATIVE = _words(
    "wrong bad useless broken fails failed error annoying terrible awful unhappy frustrating frustrated disappointed "
    "incorrect worse hate confusing stupid "
    "falsch schlecht kaputt fehler nutzlos arger argerlich furchtbar enttauscht verwirrend dumm "
    "faux mauvais casse erreur inutile penible terrible decu nul confus "
    "mal malo error inutil roto falla terrible decepcionado molesto confuso peor"
)
