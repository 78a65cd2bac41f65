"""A rule is tried on what was said before it goes live: counts, and where; no words."""

import uuid

import pytest
from django.contrib.auth.models import Group
from django.utils import timezone

from accounts.models import AuditEntry
from conversations import background, work
from conversations.models import DryRun, Flag, Job, ModerationRule
from conversations.review import trials
from conversations.work import rows
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


def test_what_members_of_groups_said_twice_counts_twice(alice, bob, root):  # noqa: F811
    rule = draft("heroin")
    for name in ("day shift", "night shift"):
        group = Group.objects.create(name=name)
        alice.groups.add(group)
        rule.groups.add(group)
    first = finish(ask(alice, text="heroin"), "No.")
    finish(ask(alice, text="heroin", conversation_id=first.conversation_id, parent=first.pk), "No.")
    finish(ask(bob, text="heroin"), "No.")
    trial = trials.begin(rule=rule, actor=root, days=1)
    work.perform(Job.objects.get().pk)
    trial.refresh_from_db()
    assert (trial.messages, trial.questions, trial.people) == (4, 2, 1)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
def test_it_is_read_in_parts_and_every_message_once(alice, root, monkeypatch, size):  # noqa: F811
    monkeypatch.setattr(trials, "BATCH_ROWS", size)
    for number in range(3):
        finish(ask(alice, text=f"heroin {number}"), "No.")
    trial = trials.begin(rule=draft("heroin"), actor=root, days=1)
    work.perform(Job.objects.get().pk)
    trial.refresh_from_db()
    assert (trial.messages, trial.questions, trial.answers) == (6, 3, 0)


def test_while_answers_are_written_half_of_the_time_is_theirs(alice, root, monkeypatch):  # noqa: F811
    monkeypatch.setattr(trials, "BATCH_ROWS", 1)
    rested = []
    monkeypatch.setattr(trials.time, "sleep", rested.append)
    monkeypatch.setattr(background, "people_wait", lambda: True)
    finish(ask(alice, text="heroin"), "No.")
    trials.begin(rule=draft("heroin"), actor=root, days=1)
    assert work.perform(Job.objects.get().pk)
    assert len(rested) >= 2 and all(0 < each <= work.BEAT_SECONDS for each in rested)


def test_it_does_not_hold_up_a_server_that_goes_down(alice, root, monkeypatch):  # noqa: F811
    finish(ask(alice, text="heroin"), "No.")
    trials.begin(rule=draft("heroin"), actor=root, days=1)
    monkeypatch.setattr(background, "going_down", lambda: True)
    assert not work.perform(Job.objects.get().pk)
    assert (Job.objects.get().state, Job.objects.get().attempts, DryRun.objects.get().state) == ("queued", 0, "waiting")


def test_one_that_cannot_be_counted_says_so(administrator, root):  # noqa: F811
    rule = draft("heroin")
    trials.begin(rule=rule, actor=root, days=1)
    page = f"/admin/conversations/moderationrule/{rule.pk}/change/"
    assert "It is being counted" in administrator.get(page).content.decode()
    Job.objects.update(state="failed")
    html = administrator.get(page).content.decode()
    assert "It could not be counted" in html and "Messages looked at" not in html


def test_numbers_that_are_none_are_refused(administrator):  # noqa: F811
    rule = draft("heroin")
    answer = administrator.post(
        f"/admin/conversations/moderationrule/{rule.pk}/try/", {"days": "9" * 5000}, follow=True
    )
    assert "A trial is of 1 to 365 days." in answer.content.decode() and not DryRun.objects.exists()
    assert administrator.get(f"/admin/conversations/moderationrule/{'9' * 5000}/change/").status_code in (302, 404)


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


def test_a_rule_of_groups_counts_what_was_said_twice_in_the_same_words_twice(alice, root):  # noqa: F811
    groups = [Group.objects.create(name=name) for name in ("Minors", "Visitors")]
    alice.groups.set(groups)
    first = finish(ask(alice, text="heroin"), "Fine.")
    finish(ask(alice, text="heroin", conversation_id=first.conversation_id), "Fine.")
    rule = draft("heroin")
    rule.groups.set(groups)
    trial = trials.begin(rule=rule, actor=root, days=1)
    work.perform(Job.objects.get().pk)
    trial.refresh_from_db()
    assert (trial.messages, trial.questions, trial.conversations) == (4, 2, [[str(first.conversation_id), 2]])


def test_one_is_done_at_a_time(alice, root):  # noqa: F811
    finish(ask(alice, text="heroin"), "No.")
    first, second = (trials.begin(rule=draft("heroin"), actor=root, days=1) for _ in range(2))
    jobs = {str(job.payload["trial"]): job.pk for job in Job.objects.all()}
    begun = rows.claim(jobs[str(first.pk)])
    work.perform(jobs[str(second.pk)])
    second.refresh_from_db()
    assert second.state == "waiting"
    assert begun is not None and rows.finish(begun, None)
    Job.objects.filter(pk=jobs[str(second.pk)]).update(due_at=timezone.now())
    work.perform(jobs[str(second.pk)])
    second.refresh_from_db()
    assert second.state == "done"
