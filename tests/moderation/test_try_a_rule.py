"""A rule is tried on what was said before it goes live: counts, and where; no words."""

import uuid

import pytest

from accounts.models import AuditEntry
from conversations import work
from conversations.models import DryRun, Flag, Job, ModerationRule
from conversations.review import trials
from tests.api.conftest import ask, finish
from tests.audit.conftest import administrator, root  # noqa: F401
from tests.pages.conftest import plain_static_files  # noqa: F401

pytestmark = pytest.mark.django_db


def draft(*lines: str, **fields) -> ModerationRule:
    return ModerationRule.objects.create(name=str(uuid.uuid4()), patterns="\n".join(lines), **fields)


def test_it_is_counted_and_named_and_nothing_is_flagged(administrator, alice, bob):  # noqa: F811
    first = finish(ask(alice, text="Where is h3roin?"), "No heroin here.")
    second = finish(ask(alice, text="A tide?"), "The heroin of tides.")
    finish(ask(bob, text="A heroine?"), "Fine.")
    rule = draft("heroin", action="block")
    page = f"/admin/conversations/moderationrule/{rule.pk}/"
    answer = administrator.post(f"{page}try/", {"days": "30"}, follow=True)
    assert "It is being counted." in answer.content.decode()
    assert work.perform(Job.objects.get().pk)
    trial = DryRun.objects.get()
    assert (trial.state, trial.messages, trial.questions, trial.answers, trial.people) == ("done", 6, 1, 2, 1)
    assert trial.conversations == [[str(first.conversation_id), 2], [str(second.conversation_id), 1]]
    html = administrator.get(f"{page}change/").content.decode()
    assert "1 question and 2 answers of 1 person" in html and str(first.conversation_id) in html
    assert "h3roin" not in html and "of tides" not in html
    assert not Flag.objects.exists()
    assert AuditEntry.objects.get(action="rule.tried").facts["days"] == 30


def test_only_what_the_rule_is_about_is_looked_at(alice, root):  # noqa: F811
    finish(ask(alice, text="heroin"), "heroin")
    trial = trials.begin(rule=draft("heroin", place="answer"), actor=root, days=1)
    work.perform(Job.objects.get().pk)
    trial.refresh_from_db()
    assert (trial.messages, trial.questions, trial.answers) == (1, 0, 1)


@pytest.mark.parametrize(
    ("fields", "days", "code"),
    [
        ({"kind": "files", "patterns": ".exe"}, 1, "cannot_try"),
        ({}, 0, "invalid_days"),
        ({}, 366, "invalid_days"),
        ({"kind": "pattern", "patterns": "("}, 1, "bad_pattern"),
    ],
)
def test_what_cannot_be_tried_is_said(root, fields, days, code):  # noqa: F811
    rule = ModerationRule.objects.create(**{"name": "Rule", "patterns": "x"} | fields)
    with pytest.raises(trials.Invalid) as refused:
        trials.begin(rule=rule, actor=root, days=days)
    assert refused.value.code == code and not DryRun.objects.exists()
