"""What can be done from the palette, beside opening chats."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext

from .models import Conversation


@dataclass(frozen=True, slots=True)
class Command:
    """One command: it leads to an `href`, or it clicks what is already on the page, or it archives a chat.

    `words` are further ones by which it is found.
    """

    label: str
    icon: str
    words: str = ""
    href: str = ""
    click: str = ""
    archive: str = ""

    def fits(self, typed: str) -> bool:
        """Whether each word that was typed begins one of its own."""
        own = f"{self.label} {self.words}".casefold().split()
        return all(any(word.startswith(part) for word in own) for part in typed.casefold().split())


def fitting(typed: str, *, user, conversation_id: uuid.UUID | None) -> list[tuple[str, list[Command]]]:
    """Return the commands that fit what is typed, all while nothing is, in groups with their names."""
    groups = ((gettext("Actions"), _actions(user, conversation_id)), (gettext("Settings"), _settings(user)))
    found = [(name, [command for command in commands if command.fits(typed)]) for name, commands in groups]
    return [(name, commands) for name, commands in found if commands]


def _actions(user, conversation_id: uuid.UUID | None) -> Iterator[Command]:
    yield Command(gettext("New chat"), "plus", gettext("ask begin start"), href=reverse("chat"))
    # One that nobody has begun yet has no page of its own.
    if conversation_id and Conversation.objects.visible_to(user).filter(pk=conversation_id).exists():
        summary = reverse("summary", args=[conversation_id])
        yield Command(gettext("Summary of this chat"), "chart", gettext("session topics outcomes"), href=summary)
        yield Command(gettext("Archive this chat"), "archive", gettext("put away hide"), archive=str(conversation_id))
    yield Command(gettext("Search in all chats"), "search", gettext("find look"), href=reverse("search"))
    for value, label, icon in (
        ("light", gettext("Light theme"), "sun"),
        ("dark", gettext("Dark theme"), "moon"),
        ("", gettext("Automatic theme"), "system"),
    ):
        yield Command(
            label, icon, gettext("look colours appearance system"), click=f'#user-menu [name=theme][value="{value}"]'
        )
    yield Command(gettext("Sign out"), "logout", gettext("log leave"), click="[data-sign-out] button")


def _settings(user) -> Iterator[Command]:
    yield Command(gettext("Usage"), "chart", gettext("tokens cost budget limits"), href=reverse("usage"))
    yield Command(gettext("API keys"), "key", gettext("program token"), href=reverse("account_keys"))
    yield Command(gettext("Change password"), "lock", "security", href=reverse("account_change_password"))
    if user.is_staff:
        yield Command(
            gettext("Administration"), "settings", gettext("admin people quotas"), href=reverse("admin:index")
        )
