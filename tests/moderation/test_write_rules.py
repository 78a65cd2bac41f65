"""Rules as staff write them: checked, put into the ledger, and known to every process that is told."""

import pytest
from django.contrib.auth.models import Group

from accounts.models import AuditEntry
from conversations import moderation
from conversations.models import Flag, ModerationRule
from conversations.moderation import rules
from conversations.moderation.checking import rules_for
from tests.audit.conftest import administrator, root  # noqa: F401
from tests.pages.conftest import plain_static_files  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)

FORM = {"kind": "words", "place": "both", "severity": "high", "action": "block", "suspend_after": "3", "state": "draft"}
ADD = "/admin/conversations/moderationrule/add/"


def entered() -> list[str]:
    return list(AuditEntry.objects.filter(action__contains="rule.").order_by("number").values_list("action", flat=True))


def test_a_rule_is_written_goes_live_and_is_known_at_once(administrator):  # noqa: F811
    moderation.know(None)
    form = FORM | {"name": "Drugs", "patterns": "heroin\n\nopium*"}
    assert administrator.post(ADD, form).status_code == 302
    row = ModerationRule.objects.get()
    assert not moderation.live() and row.live_at is None
    change = f"/admin/conversations/moderationrule/{row.pk}/change/"
    assert administrator.post(change, form | {"state": "live"}).status_code == 302
    assert [rule.lines for rule in moderation.live().all] == [("heroin", "opium*")]
    row.refresh_from_db()
    assert row.live_at is not None
    administrator.post(change, form | {"state": "live", "severity": "low"})
    assert moderation.live().all[0].severity == "low"
    administrator.post(change, form)
    assert not moderation.live()
    administrator.post(f"/admin/conversations/moderationrule/{row.pk}/delete/", {"post": "yes"})
    assert entered() == [
        *("rule.created", "rule.changed", "rule.live", "rule.changed", "rule.changed", "rule.withdrawn"),
        "rule.deleted",
    ]
    assert "heroin" not in "".join(AuditEntry.objects.values_list("details", flat=True))


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"patterns": ""}, "Write at least one line."),
        ({"patterns": "ok\n***"}, "Line 2: There is no letter"),
        ({"kind": "pattern", "patterns": "(a"}, "Line 1: This expression cannot be read"),
        ({"kind": "pattern", "patterns": "(a)\\1"}, "Line 1: This expression cannot be read"),
        ({"kind": "pattern", "patterns": "a*"}, "matches an empty text"),
        ({"kind": "pattern", "patterns": "a" * 1001}, "1000 characters at most"),
        ({"kind": "personal", "patterns": "shoe size"}, "Personal data is one of"),
        ({"kind": "files", "patterns": "exe"}, "begins with a full stop"),
        ({"kind": "guard", "patterns": ""}, "Say which model is asked."),
        ({"kind": "guard", "model": "ollama/guard", "action": "mask"}, "Choose another action."),
        ({"patterns": "\n".join(map(str, range(1001)))}, "1000 lines at most"),
        ({"place": "files", "action": "mask"}, "nothing is masked in them"),
        ({"kind": "files", "patterns": ".exe", "action": "mask"}, "nothing is masked in them"),
    ],
)
def test_what_cannot_be_applied_is_not_kept(administrator, fields, told):  # noqa: F811
    answer = administrator.post(ADD, FORM | {"name": "Bad", "patterns": "x"} | fields)
    assert answer.status_code == 200 and told in answer.content.decode()
    assert not ModerationRule.objects.exists() and entered() == []


def test_an_evil_expression_takes_no_time(live):
    live("(a+)+$", kind="pattern", action="block")
    assert moderation.live().question.find("a" * 20_000 + "b") == []


def test_rules_are_of_groups(live, alice, bob):
    staff = Group.objects.create(name="Minors")
    alice.groups.add(staff)
    live("heroin", groups=[staff])
    live("opium")
    assert len(rules_for(alice).all) == 2
    assert [rule.lines for rule in rules_for(bob).all] == [("opium",)]
    assert rules_for(bob) is rules_for(bob)


def test_a_rule_that_went_bad_is_left_out_and_the_others_apply(live):
    live("heroin")
    ModerationRule.objects.create(name="By hand", kind="pattern", patterns="(", state="live")
    assert rules.refresh()
    assert [rule.lines for rule in moderation.live().all] == [("heroin",)]


def test_nothing_is_asked_of_the_database_for_rules_that_are_known(live, alice, django_assert_num_queries):
    live("heroin")
    with django_assert_num_queries(0):
        moderation.check_question(author=alice, text="What is a tide?", conversation_id=None)
    assert not Flag.objects.exists()


def test_a_rule_for_a_group_that_is_deleted_never_becomes_one_for_everybody():
    pupils, staff = Group.objects.create(name="Pupils"), Group.objects.create(name="Staff")
    alone, both = (ModerationRule.objects.create(name=name, patterns="opium", state="live") for name in ("One", "Two"))
    everybody = ModerationRule.objects.create(name="Three", patterns="opium", state="live")
    alone.groups.set([pupils])
    both.groups.set([pupils, staff])
    pupils.delete()
    states = dict(ModerationRule.objects.values_list("name", "state"))
    assert states == {"One": "draft", "Two": "live", "Three": "live"}
    assert list(both.groups.all()) == [staff] and not everybody.groups.exists()
    assert entered() == ["rule.changed", "rule.withdrawn"]
