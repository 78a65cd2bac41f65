# ruff: noqa: E501
"""Ways in which people write a forbidden phrase so that a plain search does not find it, put down by hand."""

RULES = ("make a bomb", "heroin", "kill yourself", "Mörder", "наркотики", "credit card dump", "explosive*")

# What is written, by how; each is one of the rules to a reader.
EVASIONS = {
    "spacing": (
        "m a k e  a  b o m b", "m.a.k.e a b.o.m.b", "make-a-bomb", "make_a_bomb", "makeabomb", "m-a-k-e a b-o-m-b",
        "h e r o i n", "h.e.r.o.i.n", "h-e-r-o-i-n", "h_e_r_o_i_n", "h/e/r/o/i/n", "h*e*r*o*i*n", "h, e, r, o, i, n",
        "k i l l   y o u r s e l f", "kill.yourself", "killyourself", "kill\nyourself", "k.i.l.l y.o.u.r.s.e.l.f",
        "M ö r d e r", "M-ö-r-d-e-r", "н а р к о т и к и", "н.а.р.к.о.т.и.к.и", "cre dit-card dump", "credit.card.dump",
        "ex-plo-sive", "e x p l o s i v e", "explo sive", "make  a     bomb", "her.oin", "h|e|r|o|i|n", "h+e+r+o+i+n",
    ),
    "homoglyphs": (
        "mаke а bоmb", "mакe a bomb", "make a Ьomb", "ｍａｋｅ ａ ｂｏｍｂ", "𝐦𝐚𝐤𝐞 𝐚 𝐛𝐨𝐦𝐛", "𝓂𝒶𝓀𝑒 𝒶 𝒷𝑜𝓂𝒷",
        "ⓜⓐⓚⓔ ⓐ ⓑⓞⓜⓑ", "🅼🅰🅺🅴 🅰 🅱🅾🅼🅱", "ᴍᴀᴋᴇ ᴀ ʙᴏᴍʙ", "hеrоin", "һeroin", "herοin", "ηeroin", "ｈｅｒｏｉｎ", "𝕙𝕖𝕣𝕠𝕚𝕟",
        "ʜᴇʀᴏɪɴ", "ⓗⓔⓡⓞⓘⓝ", "h𝚎r𝚘in", "kіll yourself", "kill уourself", "ĸill yourself", "kıll yourself", "𝖐𝖎𝖑𝖑 𝖞𝖔𝖚𝖗𝖘𝖊𝖑𝖋",
        "Möгder", "Мördеr", "Mσrder", "наpкoтики", "нapкотuки", "еxplоsivе", "crеdit cаrd dumр", "ℌ𝔢𝔯𝔬𝔦𝔫",
        "ᵐᵃᵏᵉ ᵃ ᵇᵒᵐᵇ", "հeroin", "heroiո", "🇭🇪🇷🇴🇮🇳",
    ),
    "what cannot be seen": (
        "make a bo\u200bmb", "m\u200ba\u200bk\u200be a b\u200bo\u200bm\u200bb", "he\u200croin", "he\u200droin", "hero\u2060in",
        "her\ufeffoin", "he\u00adroin", "\u202eheroin", "h\u034feroin", "he\u180eroin", "kill\u200b yourself", "kill yo\u2063urself",
        "her\ufe0foin", "h\u2800e\u2800r\u2800o\u2800i\u2800n", "Mör\u200bder", "нар\u200bкотики", "expl\u200b\u200b\u200bosive",
        "he\u3164roin", "credit\u200b card\u200b dump", "h\u2061e\u2062r\u2064oin",
    ),
    "leetspeak": (
        "m4k3 4 b0mb", "m@ke a b0mb", "make a 80m8", "h3roin", "her0in", "h3r01n", "hero!n", "h€roin", "HER0IN", "her0!n",
        "k1ll yourself", "ki11 yourself", "k!ll yours3lf", "k|ll yourse1f", "kill y0ur5elf", "kill your$elf", "m0rder",
        "M0rd3r", "cr3d1t c4rd dump", "credit c@rd dump", "3xplosive", "expl0s1ve", "expl0$ive", "exp1osive", "mak3 a bom8",
    ),
    "diacritics": (
        "màké à bómb", "máke ä bömb", "hérøin", "hêrôîn", "ħeroin", "h̶e̶r̶o̶i̶n̶", "h̷e̷r̷o̷i̷n̷", "ḧëröïn", "ḣẹṛọịṇ", "kíll yóursélf",
        "ķīļļ ỳoùrśęłf", "ƙill yourself", "Morder", "Moerder", "MÖRDER", "Mórder", "нáркотики", "ĕxplöśîve", "çrédit çard dümp",
        "m̈ake a ḃomb̈",
    ),
    "repeating": (
        "heeeeroin", "heroiiiin", "maaaake a booomb", "killll yourself", "kill yourseeelf", "HEROINNNN", "Möööörder",
        "make a bommmb", "exxxplosive",
    ),
    "several at once": (
        "h.3.r.0.i.n", "һ 3 r 0 і n", "m4k\u200be a b\u200b0mb", "K\u200b1\u200bL\u200bL YOURSELF", "hé\u200br0in", "ｈ３ｒ０ｉｎ",
        "M\u00ad0\u00adr\u00add\u00ade\u00adr", "е х р l o s i v e", "h-е-r-о-i-n", "кill y0urself", "𝐡𝟑𝐫𝟎𝐢𝐧",
    ),
}  # fmt: skip

# What looks alike and is none of them.
INNOCENT = (
    "The heroine of the novel was a makeup artist.", "Make a bombastic entrance.", "We drove past the heron in the rain.",
    "The order of the murderers' row", "She has a credit card. Dump the rest.", "He roared in anger.", "Nordic order",
    "Skill yourself up", "a killer app for yourself", "The order number is 100 4 80.", "Ich ordere mehr davon.",
    "Наркоз прошёл хорошо.", "Bombay makes a good start", "Kill the process yourself", "hero in a story", "her own car",
    "Wir fordern mehr.", "The bomb squad made a report.", "exploit the live feed", "a hero, in short, is needed",
)  # fmt: skip
