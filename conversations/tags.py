"""What a person can do with tags: make, rename and delete them, and put them on their conversations."""

import uuid
from collections import Counter
from collections.abc import Collection, Iterable, Sequence

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext

from accounts import audit

from . import live, naming
from .errors import Invalid, NotFound, TagTaken
from .models import Conversation, Tag
from .models.tag import NAME_CHARACTERS, key_of
from .turns import check_characters

TAGS_PER_PERSON = 100
TAGS_PER_CONVERSATION = 20

# A tag and a conversation.
Pair = tuple[uuid.UUID, uuid.UUID]


def listing(*, user) -> QuerySet[Tag]:
    """Return a person's tags by name, each with `used`, the number of conversations that have it."""
    there = Count("conversations", filter=Q(conversations__deleted_at=None))
    return Tag.objects.visible_to(user).annotate(used=there)


def find(*, tag_id: uuid.UUID, user) -> Tag:
    """Return the tag if it is this person's; raises NotFound."""
    tag = listing(user=user).filter(pk=tag_id).first()
    if tag is None:
        raise NotFound
    return tag


def make(*, owner, name: str, colour: str = "") -> Tag:
    """Return a new tag, in the colour that is used least if none is given; raises Invalid or TagTaken."""
    name = clean(name)
    if Tag.objects.visible_to(owner).filter(key=key_of(name)).exists():
        raise TagTaken
    [made] = _made(owner, [name], colour)
    return made


def change(*, tag: Tag, name: str | None = None, colour: str | None = None) -> Tag:
    """Return the tag with another name or colour, wherever it is; raises Invalid or TagTaken."""
    fields = {} if name is None else naming.named(clean(name))
    if colour is not None:
        fields["colour"] = _checked(colour)
    naming.save(tag, fields, taken=TagTaken)
    live.tell_person(tag.owner_id)
    return tag


def delete(*, tag: Tag) -> None:
    """Delete a tag; the conversations that have it stay as they are otherwise."""
    owner_id = tag.owner_id
    tag.delete()
    live.tell_person(owner_id)


def named(*, owner, names: Sequence[str]) -> list[Tag]:
    """Return a person's tags of these names, made where there are none yet; raises Invalid."""
    wanted = {key_of(name): name for name in map(clean, names)}
    if len(wanted) > TAGS_PER_CONVERSATION:
        raise Invalid(
            gettext("A conversation has %(tags_per_conversation)s tags at most.")
            % {"tags_per_conversation": TAGS_PER_CONVERSATION},
            code="too_many_tags",
        )
    mine = Tag.objects.visible_to(owner).filter(key__in=wanted)
    missing = [name for key, name in wanted.items() if key not in set(mine.values_list("key", flat=True))]
    if missing:
        _made(owner, missing)
    return list(mine.all())


def put(*, conversation: Conversation, tags: Sequence[Tag]) -> None:
    """Let a locked conversation have exactly these tags."""
    # Locked, so that none of them goes before this is committed.
    there = Tag.objects.select_for_update(no_key=True).filter(pk__in=[tag.pk for tag in tags]).order_by("pk")
    conversation.tags.set(there)


def rearrange(*, user, add: Collection[Pair], remove: Collection[Pair]) -> None:
    """Put tags on conversations and take them off, all or nothing; raises NotFound or Invalid."""
    pairs = {*add, *remove}
    having = Conversation.tags.through.objects
    with transaction.atomic():
        chats = Conversation.objects.visible_to(user).select_for_update().order_by("pk")
        chats_found = set(chats.filter(pk__in={chat for _, chat in pairs}).values_list("pk", flat=True))
        tags = Tag.objects.visible_to(user).select_for_update(no_key=True).order_by("pk")
        tags_found = set(tags.filter(pk__in={tag for tag, _ in pairs}).values_list("pk", flat=True))
        if not all(tag in tags_found and chat in chats_found for tag, chat in pairs):
            raise NotFound
        before = set(having.filter(conversation__in=chats_found).values_list("tag_id", "conversation_id"))
        for tag, chat in remove:
            having.filter(tag_id=tag, conversation_id=chat).delete()
        having.bulk_create([having.model(tag_id=tag, conversation_id=chat) for tag, chat in add], ignore_conflicts=True)
        most = Counter(having.filter(conversation__in={chat for _, chat in add}).values_list("conversation", flat=True))
        if most and max(most.values()) > TAGS_PER_CONVERSATION:
            raise Invalid(
                gettext("A conversation has %(tags_per_conversation)s tags at most.")
                % {"tags_per_conversation": TAGS_PER_CONVERSATION},
                code="too_many_tags",
            )
        differing = {chat for _, chat in before ^ ((before - {*remove}) | {*add})}
        for changed in chats.filter(pk__in=differing):
            audit.enter("conversation.changed", target=changed, fields=["tags"])
    live.tell_person(user.pk)


def clean(name: str) -> str:
    """Return a tag's name as it is kept; raises Invalid."""
    name = " ".join(name.split())
    check_characters(name)
    if not name:
        raise Invalid(gettext("A tag has at least one character."), code="empty_name")
    if len(name) > NAME_CHARACTERS:
        raise Invalid(
            gettext("A tag has %(name_characters)s characters at most.") % {"name_characters": NAME_CHARACTERS},
            code="name_too_long",
        )
    return name


def _made(owner, names: Iterable[str], colour: str = "") -> list[Tag]:
    """Return new tags, or those of the same name that somebody has made at the same moment."""
    used = Counter(Tag.objects.visible_to(owner).values_list("colour", flat=True))
    made = []
    for name in names:
        chosen = _checked(colour) if colour else min(Tag.Colour.values, key=lambda each: used[each])
        used[chosen] += 1
        made.append(Tag(owner=owner, name=name, key=key_of(name), colour=chosen))
    if used.total() > TAGS_PER_PERSON:
        raise Invalid(
            gettext("You can have %(tags_per_person)s tags. Delete some that you do not need.")
            % {"tags_per_person": TAGS_PER_PERSON},
            code="too_many_tags",
        )
    Tag.objects.bulk_create(made, ignore_conflicts=True)
    live.tell_person(owner.pk)
    return list(Tag.objects.visible_to(owner).filter(key__in=[tag.key for tag in made]))


def _checked(colour: str) -> str:
    if colour not in Tag.Colour.values:
        raise Invalid(
            gettext("A colour is one of: %(values)s.") % {"values": ", ".join(Tag.Colour.values)}, code="unknown_colour"
        )
    return colour
