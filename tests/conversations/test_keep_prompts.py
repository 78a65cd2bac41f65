"""Prompts that are kept: one's own, their gaps, and what an administrator shares."""

import pytest
from django.contrib.auth.models import Group, Permission

from accounts.models import AuditEntry, User
from conversations import preset_views, presets
from conversations.errors import Invalid, NotAllowed, NotFound, PresetTaken, TooLarge
from conversations.models import Preset
from tests.pages.conftest import browser_of, plain_static_files  # noqa: F401

pytestmark = pytest.mark.django_db


@pytest.fixture
def root(db) -> User:
    return User.objects.create_user("root@example.org", is_superuser=True)


def names(user: User) -> list[str]:
    return [preset.name for preset in presets.listing(user=user)]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Explain {{topic}} to {{ a reader }}.", ["topic", "a reader"]),
        ("{{topic}} and {{topic}} again", ["topic"]),
        ("{{Übung_2}} {{x-y}}", ["Übung_2", "x-y"]),
        ("{{}} {{ }} {topic} {{1st}} {{a{b}} {{-x}}", []),
        ("{{" * 5000 + "x" * 30, []),
        ("{{" + "x" * 41 + "}}", []),
        ("{{ " + " " * 7000 + "x", []),
    ],
)
def test_gaps_are_found(text, found):
    assert presets.variables(text) == found


def test_they_are_listed_by_name_and_are_ones_own(alice, bob):
    presets.make(owner=alice, name="Zeta", text="Z")
    presets.make(owner=alice, name="  alpha  one ", text=" A ")
    presets.make(owner=bob, name="Beta", text="B")
    assert names(alice) == ["alpha one", "Zeta"]
    assert presets.listing(user=alice).first().text == "A"


def test_a_name_is_used_once_however_it_is_written(alice, bob):
    presets.make(owner=alice, name="Explain", text="x")
    with pytest.raises(PresetTaken):
        presets.make(owner=alice, name="EXPLAIN", text="y")
    other = presets.make(owner=alice, name="Other", text="y")
    with pytest.raises(PresetTaken):
        presets.change(preset=other, name="explain")
    presets.make(owner=bob, name="Explain", text="x")


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({"name": " "}, Invalid),
        ({"name": "x" * 61}, Invalid),
        ({"name": "a\u202eb"}, Invalid),
        ({"text": "\n"}, Invalid),
        ({"text": "x" * 8001}, TooLarge),
        ({"text": "a\x00b"}, Invalid),
        ({"text": " ".join(f"{{{{gap{n}}}}}" for n in range(21))}, Invalid),
    ],
)
def test_what_cannot_be_kept_is_refused(alice, fields, error):
    with pytest.raises(error):
        presets.make(owner=alice, **{"name": "Explain", "text": "x"} | fields)
    assert not Preset.objects.exists()


def test_there_is_an_end_of_them(alice, monkeypatch):
    monkeypatch.setattr(presets, "PRESETS_PER_PERSON", 1)
    presets.make(owner=alice, name="One", text="x")
    with pytest.raises(Invalid):
        presets.make(owner=alice, name="Two", text="x")


def test_an_administrator_shares_with_everybody_and_takes_it_back(alice, root):
    made = presets.make(owner=root, name="House style", text="x")
    assert names(alice) == []
    presets.share(preset=made, by=root, everybody=True)
    assert names(alice) == ["House style"]
    entry = AuditEntry.objects.get(action="prompt.shared")
    assert entry.facts == {"everybody": True, "groups": []} and entry.whom_id == root.pk
    presets.share(preset=made, by=root, everybody=True)
    assert AuditEntry.objects.filter(action="prompt.shared").count() == 1
    presets.share(preset=made, by=root, everybody=False)
    assert names(alice) == []


def test_a_group_gets_what_is_shared_with_it_once(alice, bob, root):
    writers, readers = Group.objects.create(name="Writers"), Group.objects.create(name="Readers")
    alice.groups.set([writers, readers])
    made = presets.make(owner=root, name="House style", text="x")
    presets.share(preset=made, by=root, everybody=False, groups=["Writers", "Readers"])
    assert names(alice) == ["House style"] and names(bob) == []
    with pytest.raises(Invalid):
        presets.share(preset=made, by=root, everybody=True, groups=["Nobody"])
    made.refresh_from_db()
    assert not made.everybody


def test_who_may_not_share_does_not(alice, bob):
    made = presets.make(owner=alice, name="Mine", text="x")
    with pytest.raises(NotAllowed):
        presets.share(preset=made, by=alice, everybody=True)
    assert names(bob) == []
    alice.user_permissions.add(Permission.objects.get(codename="share_preset"))
    presets.share(preset=made, by=User.objects.get(pk=alice.pk), everybody=True)
    assert names(bob) == ["Mine"]


def test_only_its_owner_changes_what_is_shared(alice, root):
    made = presets.make(owner=root, name="House style", text="x")
    with pytest.raises(NotFound):
        presets.find_own(preset_id=made.pk, user=alice)
    presets.share(preset=made, by=root, everybody=True)
    with pytest.raises(NotAllowed):
        presets.find_own(preset_id=made.pk, user=alice)


def test_the_list_takes_the_same_number_of_queries_however_long_it_is(alice, root, django_assert_num_queries):
    for number in range(3):
        presets.share(preset=presets.make(owner=root, name=f"S{number}", text="x"), by=root, everybody=True)
    with django_assert_num_queries(2):
        assert len([preset.groups.all() for preset in presets.listing(user=alice)]) == 3
    for number in range(3, 9):
        presets.share(preset=presets.make(owner=root, name=f"S{number}", text="x"), by=root, everybody=True)
    with django_assert_num_queries(2):
        assert len([preset.groups.all() for preset in presets.listing(user=alice)]) == 9


def test_two_who_change_different_things_both_have_their_way(alice):
    made = presets.make(owner=alice, name="Explain", text="Explain {{topic}}.")
    stale = Preset.objects.get(pk=made.pk)
    presets.change(preset=made, text="Explain {{topic}} shortly.")
    presets.change(preset=stale, name="Explain shortly")
    made.refresh_from_db()
    assert (made.name, made.text) == ("Explain shortly", "Explain {{topic}} shortly.")


def test_more_groups_than_can_be_listed_are_named(root, monkeypatch):
    monkeypatch.setattr(preset_views, "GROUPS_SHOWN", 1)
    for name in ("Day shift", "Night shift"):
        Group.objects.create(name=name)
    made = presets.make(owner=root, name="Explain", text="Explain {{topic}}.")
    client = browser_of(root)
    page, form = f"/settings/prompts/{made.pk}/", {"name": made.name, "text": made.text}
    assert "write the name of each on a line" in client.get(page).content.decode()
    wrong = client.post(page, form | {"groups": "Night shift\r\nSwing shift"}).content.decode()
    assert "There is no group &#x27;Swing shift&#x27;." in wrong and "Night shift" in wrong
    client.post(page, form | {"groups": " Night shift \r\n"})
    assert [group.name for group in made.groups.all()] == ["Night shift"]
    assert "Night shift</textarea>" in client.get(page).content.decode()
