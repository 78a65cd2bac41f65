"""What a person typed, as something to look for: words, "phrases", and -words that must not occur."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext

from ..errors import Invalid
from . import terms

QUERY_CHARACTERS = 500
# Shorter beginnings of words are looked for as whole words: nearly everything begins with them.
PREFIX_CHARACTERS = 2

# A minus before it, then a phrase, whose end may not have been typed yet, or anything up to the next space or quote.
ITEM = re.compile(r'(?P<minus>(?<!\S)-)?(?:"(?P<phrase>[^"]*)(?P<closed>"?)|(?P<word>[^\s"]+))')
# What keyboards and word processors make of a plain quotation mark.
QUOTES = str.maketrans(dict.fromkeys("“”„‟«»＂", '"'))

Phrase = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What must occur and what must not, each one term or several in a row; all of it in what `owner` wrote or read,
    in what anybody did where that is empty."""

    owner: str
    wanted: tuple[Phrase, ...]
    unwanted: tuple[Phrase, ...] = ()
    # Whether the last term of the last wanted phrase is only the beginning of a word.
    unfinished: bool = False

    def for_postgresql(self) -> str:
        """Return it as a `tsquery`."""
        wanted = [" <-> ".join(f"'{name}'" for name in phrase) for phrase in self.wanted]
        if self.unfinished:
            wanted[-1] += ":*"
        unwanted = ["!(" + " <-> ".join(f"'{name}'" for name in phrase) + ")" for phrase in self.unwanted]
        owner = [f"'{self.owner}'"] if self.owner else []
        return " & ".join([*owner, *(f"({phrase})" for phrase in wanted), *unwanted])

    def for_sqlite(self) -> str:
        """Return it as an FTS5 expression."""
        wanted = [f'"{" ".join(phrase)}"' for phrase in self.wanted]
        if self.unfinished:
            wanted[-1] += " *"
        unwanted = [f' NOT "{" ".join(phrase)}"' for phrase in self.unwanted]
        owner = [f'"{self.owner}"'] if self.owner else []
        return "(" + " AND ".join([*owner, *wanted]) + ")" + "".join(unwanted)


def owner_term(owner_id) -> str:
    """Return the term that all entries of a person have and no text can have."""
    return f"@{owner_id.hex}"


def read(typed: str, *, user, prefix: bool = False) -> Query:
    """Return what `typed` asks for, of anybody where `user` is None; with `prefix`, a last word without a space behind
    it may go on.

    Raises Invalid if there is nothing to look for, or far too much.
    """
    if len(typed) > QUERY_CHARACTERS:
        raise Invalid(
            gettext("A search has %(query_characters)s characters at most.") % {"query_characters": QUERY_CHARACTERS},
            code="query_too_long",
        )
    wanted: dict[Phrase, None] = {}
    unwanted: dict[Phrase, None] = {}
    unfinished = False
    for item in ITEM.finditer(typed.translate(QUOTES)):
        phrase = tuple(terms.names_in(item["phrase"] or item["word"] or ""))
        if not phrase:
            continue
        (unwanted if item["minus"] else wanted)[phrase] = None
        last = prefix and not item["minus"] and not item["closed"] and item.end() == len(typed)
        if last and len(phrase[-1]) >= PREFIX_CHARACTERS:
            # Last in order too, where the same was asked for before.
            wanted[phrase] = wanted.pop(phrase)
            unfinished = True
    if not wanted:
        raise Invalid(gettext("Type a word to look for."), code="empty_query")
    owner = owner_term(user.pk) if user else ""
    return Query(owner=owner, wanted=tuple(wanted), unwanted=tuple(unwanted), unfinished=unfinished)
