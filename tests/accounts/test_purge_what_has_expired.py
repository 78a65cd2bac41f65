from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.utils import timezone

from accounts import jobs, tokens
from accounts.models import SignIn

pytestmark = pytest.mark.django_db


def test_expired_sign_ins_and_sessions_are_removed_and_the_others_kept(person, browser):
    tokens.issue(user=person)
    tokens.issue(user=person)
    old = SignIn.objects.first()
    SignIn.objects.filter(id=old.id).update(expires_at=timezone.now() - timedelta(seconds=1))
    Session.objects.create(session_key="old", session_data="", expire_date=timezone.now() - timedelta(seconds=1))
    jobs.purge.call_local()
    assert SignIn.objects.count() == 1
    assert not SignIn.objects.filter(id=old.id).exists()
    assert list(Session.objects.values_list("session_key", flat=True)) == [browser.session.session_key]
