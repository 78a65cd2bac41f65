"""Are the person's own conversations asked for: how long this one is, which there are, what was said in them?"""

import re
from typing import Any

from . import lists, searches, statistics
from .message import Message

ARTICLE = re.compile("(?:the|an?|der|die|das|dem|den|des|eine[rnm]?|ein|les?|la|une?|el|l[oa]s|una) |l'")
# A clause, not a thing: "did I mention that I love you" asks nothing. A pronoun alone cannot be looked for.
NO_THING = re.compile(
    "(?:that|how|why|if|whether|what|where|who|when|i|i'm|it's|you|we|he|she|they|dass|wie|warum|ob|que|comment|pourquoi|si"
    "|como|por que)(?: .*)?|(?:it|this|them|those|him|her|us|me|das|dies|es|ihn|sie|ihm|uns|mir|dir|ca|cela|toi|moi|lui"
    "|nous|eso|esto|ello|ti|mi|nosotros|something|anything|etwas|was|nichts|quelque chose|algo)"
)


def statistics_asked(message: Message) -> dict[str, Any] | None:
    """Return the arguments of `get_session_stats`, None if this conversation's size is not asked for."""
    return {} if any(pattern.fullmatch(message.plain) for pattern in statistics.PATTERNS) else None


def list_asked(message: Message) -> dict[str, Any] | None:
    """Return the arguments of `get_all_sessions`, None if the list of conversations is not asked for."""
    return {} if any(pattern.fullmatch(message.plain) for pattern in lists.PATTERNS) else None


def search_asked(message: Message) -> dict[str, Any] | None:
    """Return the arguments of `search_chat_history`, None if nothing that was said is asked for."""
    for pattern in searches.PATTERNS + (searches.ASKED_PATTERNS if message.question else ()):
        if match := pattern.fullmatch(message.plain):
            about = match[match.lastindex or 0]
            article = ARTICLE.match(about)
            query = message.wanted(match, skip=article.end() if article else 0)
            return {"query": query} if len(query) > 1 and not NO_THING.fullmatch(about) else None
    return None
