"""The calls that are measured, for one person: what each is named, and an endless choice of addresses."""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import cycle
from urllib.parse import urlencode

from accounts.models import User
from conversations.models import Conversation, Message, SearchEntry

# How many conversations of a person are visited in turn.
VISITED = 40
# Words of `seed_demo`: in nearly every conversation, in one of eight, in a row, the beginning of one, and two that are
# never side by side.
COMMON, SUBJECT, PHRASE, BEGINNING, APART = "answer", "aphids", '"three reasons for this"', "mea", '"money reasons"'
FILTERS = {"status": "active", "archived": "false", "model": "openai/gpt-5"}
HARDLY_ANY = {"pinned": "true", "archived": "true", "status": "completed", "model": "openai/gpt-5"}
RARE = re.compile(r"filed under (\w+)")


@dataclass(frozen=True, slots=True)
class Call:
    """Something to ask for: `address` returns another one each time; pages are asked for as a browser does."""

    name: str
    address: Callable[[], str]
    page: bool = False


def of(person: User) -> list[Call]:
    """Return what is measured for a person with any number of conversations."""
    newest = Conversation.objects.visible_to(person).exclude(pk=_longest(person)).recent().values_list("pk", flat=True)
    ids = cycle(newest[:VISITED])
    said = Message.objects.visible_to(person).filter(text__contains="filed under").order_by("-created_at")
    rare = cycle([RARE.search(text)[1] for text in said.values_list("text", flat=True)[:VISITED]])
    middle = newest[newest.count() // 2]
    place = Conversation.objects.get(pk=middle)
    entries = SearchEntry.objects.visible_to(person)
    # All but the oldest tenth of what is found was found before.
    far = entries.order_by("pk").values_list("pk", flat=True)[entries.count() // 10]
    year_ago = datetime.datetime.now(datetime.UTC).date() - datetime.timedelta(days=365)
    return [
        Call("list", lambda: "/api/conversations/"),
        Call("list, from the middle", lambda: f"/api/conversations/?{_cursor(place)}"),
        Call("list, the active ones of a model", lambda: _ask("conversations", **FILTERS)),
        Call("list, what hardly any is", lambda: _ask("conversations", **HARDLY_ANY)),
        Call("list, by a rare word", lambda: _ask("conversations", q=next(rare))),
        Call("list, by a word of one subject", lambda: _ask("conversations", q=SUBJECT)),
        Call("list, by a common word", lambda: _ask("conversations", q=COMMON)),
        Call("detail", lambda: f"/api/conversations/{next(ids)}/"),
        Call("history", lambda: f"/api/conversations/{next(ids)}/messages/"),
        Call("search, a rare word", lambda: _ask("search", q=next(rare))),
        Call("search, a word of one subject", lambda: _ask("search", q=SUBJECT)),
        Call("search, a common word", lambda: _ask("search", q=COMMON)),
        Call("search, a common word, far back", lambda: _ask("search", q=COMMON, cursor=str(far))),
        Call("search, a phrase", lambda: _ask("search", q=PHRASE)),
        Call("search, the beginning of a word", lambda: _ask("search", q=BEGINNING, prefix="true")),
        Call("search, a phrase that nobody said", lambda: _ask("search", q=APART)),
        Call("usage, 30 days", lambda: "/api/usage/"),
        Call("usage, a year by day, model and purpose", lambda: _ask("usage", **{"from": str(year_ago)})),
        Call("usage page, 30 days", lambda: "/usage/", page=True),
        Call("usage page, 90 days", lambda: "/usage/?days=90", page=True),
        Call("chat page", lambda: f"/chat/{next(ids)}/", page=True),
        Call("sidebar", lambda: "/chat/list/", page=True),
    ]


def of_the_longest(person: User) -> list[Call]:
    """Return what is measured in a person's longest conversation."""
    long = _longest(person)
    leaf = Conversation.objects.get(pk=long).leaf
    middle = leaf.conversation.turns.filter(depth=leaf.depth // 2).first()
    first = leaf.conversation.turns.filter(depth=0).first()
    near = leaf.conversation.turns.filter(depth=leaf.depth - 200).first()

    def part(way: str, turn) -> str:
        return f"/api/conversations/{long}/messages/?{urlencode({'leaf': leaf.pk, 'cursor': f'{way}-{turn.pk}'})}"

    return [
        Call("detail", lambda: f"/api/conversations/{long}/"),
        Call("history", lambda: f"/api/conversations/{long}/messages/"),
        Call("history, before the middle", lambda: part("before", middle)),
        Call("history, after the middle", lambda: part("after", middle)),
        Call("history, after the first", lambda: part("after", first)),
        Call("history, after one near the end", lambda: part("after", near)),
        Call("chat page", lambda: f"/chat/{long}/", page=True),
    ]


def _longest(person: User):
    return Conversation.objects.visible_to(person).order_by("-leaf__depth").values_list("pk", flat=True).first()


def _ask(what: str, **query: str) -> str:
    return f"/api/{what}/?{urlencode(query)}"


def _cursor(conversation: Conversation) -> str:
    from conversations.api.pagination import Place

    return urlencode({"cursor": Place("older", conversation.active_at, conversation.pk).encode()})
