"""The admin's pages, those of each row too, say nothing that cannot be translated."""

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.utils import timezone

from accounts.models import BrowserSession, Invitation, OidcIdentity, SignupRequest
from conversations import reading
from conversations.models import (
    Calibration,
    DecisionTemplate,
    Feedback,
    Flag,
    ModelPrice,
    ModelProfile,
    ModerationRule,
    Redaction,
)
from tests.audit.conftest import root  # noqa: F401
from tests.audit.test_every_page_of_the_admin import addresses, everything  # noqa: F401
from tests.pages.conftest import talk  # noqa: F401

from .conftest import NAMES, bare

# What people and machines are called and have written, and what the ledger and the figures keep in English.
KEPT = (
    r"root(@example\.org)?|\S*[0-9a-f]{8}\S*|.*zanzibar.*|.*Qwen.*|SmolVLM.*|qwen3:8b|.*https://example\.org|https://…/model\.gguf"
    r"|A script( \(\S+\))?|A rule|A template|It has to be looked at\.|They are needed in court\.|tide|example/one.*"
    r"|.*fast.*|ollama|.*USD|[a-z_]+: .*|(\d+: )?[a-z_.]+|[\d-]+ (ended|storage) [a-z]+: \d+"
    # Of the framework, which does not translate them.
    r"|Search|True|False|None"
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def one_of_each(everything, alice, root, talk):  # noqa: F811
    """A row of each kind that the admin lists."""
    answer = talk.messages.get(role="assistant")
    rule = ModerationRule.objects.create(name="A rule", patterns="tide")
    Flag.objects.create(
        rule=rule, rule_name="A rule", user=alice, conversation_id=talk.conversation_id, turn_id=talk.pk
    )
    Feedback.objects.create(message=answer, user=alice, value="up")
    Redaction.objects.create(message=answer, by=root, reason="It has to be looked at.")
    Calibration.objects.create(model="example/one", ratio=1, samples=3)
    DecisionTemplate.objects.create(name="A template", outcome="dismissed")
    ModelPrice.objects.create(model="example/one", prompt=1, completion=2, currency="USD")
    ModelProfile.objects.create(model="example/one")
    Invitation.objects.create(prefix="3ca6b7e3", digest="x", made_by=root)
    SignupRequest.objects.create(user=alice, asked_at=timezone.now())
    OidcIdentity.objects.create(user=alice, issuer="https://example.org", subject="3ca6b7e3")
    BrowserSession.objects.create(user=alice, session_key="3ca6b7e3", fingerprint="x")
    EmailAddress.objects.create(user=alice, email=alice.email)
    Authenticator.objects.create(user=alice, type="totp", data={})


def test_every_kind_of_row_of_the_admin_has_one(one_of_each):
    assert [
        model for model in admin.site._registry if not model._base_manager.exists() if model.__name__ != "Group"
    ] == []


def test_no_page_of_the_admin_says_a_word_that_cannot_be_translated(browser, root, talk, one_of_each, in_brackets):  # noqa: F811
    root.language = "de"
    root.save()
    browser.force_login(root)
    reading.grant(conversation=talk.conversation, reader=root, reason="It has to be looked at.")
    found, asked = {}, 0
    # What is searched for is told by the test of what is shown.
    for address in dict.fromkeys(address for address in addresses() if "?" not in address):
        answer = browser.get(address)
        if answer.status_code == 200 and not answer.streaming and answer["Content-Type"].startswith("text/html"):
            asked += 1
            for text in bare(answer.content.decode(), names=f"{NAMES}|{KEPT}"):
                found.setdefault(text, address)
    assert found == {}
    assert asked > 100


def test_every_kind_of_row_has_a_name_that_can_be_translated():
    """Those as well that have no page of their own: the rights of a group name them all."""
    ours = [model._meta for name in ("accounts", "conversations") for model in apps.get_app_config(name).get_models()]
    assert ours
    plain = [str(name) for meta in ours for name in (meta.verbose_name, meta.verbose_name_plural) if type(name) is str]
    assert plain == []
