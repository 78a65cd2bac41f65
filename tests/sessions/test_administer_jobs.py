"""Jobs are looked at in the admin, and tried again there; nothing else."""

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from accounts.models import User
from conversations import work
from conversations.models import Conversation, Job
from tests.pages.conftest import browser_of, plain_static_files  # noqa: F401

pytestmark = pytest.mark.django_db

ADDRESS = "/admin/conversations/job/"


@pytest.fixture
def admin() -> Client:
    return browser_of(User.objects.create_user("root@example.org", is_staff=True, is_superuser=True))


@pytest.fixture
def failed() -> Job:
    work.queue(kind="summary", key="this")
    Job.objects.update(state="failed", attempts=5, error="<b>The model server cannot be reached.</b>")
    return Job.objects.get()


def try_again(client: Client, job: Job):
    return client.post(ADDRESS, {"action": "try_again", "_selected_action": [str(job.pk)]}, follow=True)


def test_a_job_is_seen_with_what_went_wrong(admin, failed):
    html = admin.get(f"{ADDRESS}?state__exact=failed").content.decode()
    assert "&lt;b&gt;The model server cannot be reached." in html
    assert "<b>The model" not in html
    assert "0 jobs" in admin.get(f"{ADDRESS}?state__exact=done").content.decode()


def test_whose_conversation_it_is_about_is_told_by_its_number_alone(admin, alice):
    conversation = Conversation.objects.create(owner=alice, title="What I tell nobody")
    work.queue(kind="title", key="this", conversation=conversation)
    html = admin.get(f"{ADDRESS}{Job.objects.get().pk}/change/").content.decode()
    assert str(conversation.pk) in html
    assert "What I tell nobody" not in html


def test_one_that_failed_is_tried_again(admin, failed):
    assert try_again(admin, failed).status_code == 200
    failed.refresh_from_db()
    assert (failed.state, failed.attempts, failed.error) == ("queued", 0, "")


def test_whoever_may_only_look_tries_nothing_again(failed):
    viewer = User.objects.create_user("viewer@example.org", is_staff=True)
    viewer.user_permissions.add(Permission.objects.get(codename="view_job"))
    client = browser_of(viewer)
    assert client.get(ADDRESS).status_code == 200
    try_again(client, failed)
    failed.refresh_from_db()
    assert failed.state == "failed"


@pytest.mark.parametrize("path", ["add/", "{id}/delete/"])
def test_nothing_is_added_or_deleted(admin, failed, path):
    assert admin.post(ADDRESS + path.format(id=failed.pk), {"post": "yes"}).status_code == 403
    assert Job.objects.count() == 1


def test_nothing_is_changed(admin, failed):
    admin.post(f"{ADDRESS}{failed.pk}/change/", {"state": "done"})
    failed.refresh_from_db()
    assert failed.state == "failed"
