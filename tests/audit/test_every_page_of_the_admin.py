"""Every address of the admin: what shows what was said has entered that it does, and nothing else shows any."""

from collections.abc import Iterator

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.db import models
from django.test import Client
from django.urls import reverse

from accounts import keys, tokens
from accounts.models import AuditEntry, User
from accounts.recording import Recorded
from conversations import figures, reading, work
from conversations.models import Attachment, ContextDigest, Message, Quota, RetentionPolicy, Summary
from conversations.retention import holds
from tests.pages.conftest import browser_of, plain_static_files, talk  # noqa: F401
from tests.support.files import attach
from tests.usage.conftest import spend

pytestmark = pytest.mark.django_db

SECRET = "zanzibarquartz"
# What is searched for stands in the field for it, so a part of the secret is.
PART = "zanzibar"
# Texts that nobody has said: what the machine calls things, and what staff write. Every other is one, also a new one.
NOT_SAID = {
    "attachment": set(),
    "calibration": {"model"},
    "contextdigest": {"model"},
    "conversation": {"model", "parameters"},
    "dailyfigure": {"kind", "label"},
    "dailyusage": {"model", "purpose", "counted", "currency"},
    "discarded": {"name"},
    "job": {"kind", "key", "worker", "error"},
    "legalhold": {"words", "reason"},
    "message": {"model", "tool_call_id", "tool_name"},
    # What staff write; of a guard model's answer, the names of its categories.
    "moderationrule": {"name", "patterns", "model", "told", "notes"},
    "flag": {"rule_name", "spans", "outcome", "words"},
    "flagnote": {"text"},
    "decisiontemplate": {"name", "note", "told"},
    "dryrun": {"conversations"},
    "redaction": {"reason"},
    "modelprice": {"model", "currency"},
    "modelpull": {"model", "status", "error"},
    "modelprofile": {"model", "name", "description", "instructions"},
    "readinggrant": {"reason"},
    "storedfile": {"sha256", "media_type", "content", "image", "thumbnail"},
    "drawnpage": {"image"},
    "summary": {"model", "metrics"},
    "turn": {"model", "parameters", "client_id", "fingerprint", "worker", "finish_reason", "error_code"},
    "usageentry": {"provider", "model", "currency"},
}


@pytest.fixture
def everything(root, alice, talk, kept_files) -> None:  # noqa: F811
    """One of everything, with the secret in every text that somebody has said."""
    conversation = talk.conversation
    attach(alice, text="A passage", name="lease.txt")
    Attachment.objects.update(message=talk.messages.get(role="user"))
    Message.objects.create(turn=talk, position=9, role="tool", tool_name="calculate", text="1")
    ContextDigest.objects.create(
        conversation=conversation, through=talk, text="In short", turns=1, messages=2, tokens=3
    )
    at = talk.created_at
    Summary.objects.create(conversation=conversation, number=1, start_time=at, end_time=at, text="It went well")
    work.queue(kind="summary", key="this", conversation=conversation)
    spend(alice)
    figures.count()
    Quota.objects.create(user=alice, tokens_per_day=5)
    RetentionPolicy.objects.create(chats_days=30, files_days=20, usage_days=10)
    holds.place(by=root, reason="They are needed in court.", owner_id=alice.pk, words="tide")
    keys.make(user=alice, name="A script", scopes=["read"])
    tokens.issue(user=alice)
    for model in apps.get_app_config("conversations").get_models():
        planted = {field.attname: said(field) for field in model._meta.concrete_fields if is_said(field)}
        if planted and model._meta.model_name != "usageentry":
            model._base_manager.update(**planted)


def is_said(field: models.Field) -> bool:
    texts = isinstance(field, models.CharField | models.TextField | models.JSONField)
    return texts and not field.choices and field.name not in NOT_SAID.get(field.model._meta.model_name, set())


def said(field: models.Field):
    if not isinstance(field, models.JSONField):
        return SECRET
    return [SECRET] if field.default is list else {"reason": SECRET, "title": SECRET}


def addresses() -> Iterator[str]:
    """Yield every address of the admin, for every row that there is."""
    yield from ("/admin/", "/admin/accounts/", "/admin/conversations/", "/admin/jsi18n/")
    for model, model_admin in admin.site._registry.items():
        ids = list(model._base_manager.values_list("pk", flat=True)[:3])
        for pattern in model_admin.get_urls():
            if pattern.name is None:
                continue
            name = f"admin:{pattern.name}"
            converters = list(pattern.pattern.converters)
            if not converters:
                yield reverse(name)
                yield f"{reverse(name)}?q={PART}"
                yield f"{reverse(name)}?q=alice@example.org"
            for pk in ids if converters else ():
                yield reverse(name, args=[pk])
    for model, model_admin in admin.site._registry.items():
        for field in model_admin.get_autocomplete_fields(None):
            opts = model._meta
            yield (
                f"/admin/autocomplete/?app_label={opts.app_label}&model_name={opts.model_name}&field_name={field}"
                f"&term={PART}"
            )
            yield f"/admin/autocomplete/?app_label={opts.app_label}&model_name={opts.model_name}&field_name={field}"


def test_only_pages_that_enter_it_show_what_was_said(everything, root, talk):  # noqa: F811
    browser = browser_of(root)
    reading.grant(conversation=talk.conversation, reader=root, reason="It has to be looked at.")
    showing, asked = set(), list(addresses())
    assert len(asked) > 80
    for address in asked:
        before = AuditEntry.objects.filter(action="text.read").count()
        answer = browser.get(address, follow=True)
        assert answer.status_code in {200, 403}, address
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        entered = AuditEntry.objects.filter(action="text.read").count() - before
        assert (SECRET.encode() in body) == bool(entered), address
        if PART in address and answer.context and "cl" in answer.context and answer.context["cl"].search_fields:
            assert answer.context["cl"].result_count == 0, address
        if entered:
            showing.add(address)
    assert showing == {f"/admin/conversations/conversation/{talk.conversation_id}/text/"}


def test_no_list_can_be_narrowed_by_what_it_does_not_offer(everything, root):
    browser, asked = browser_of(root), 0
    for model, model_admin in admin.site._registry.items():
        opts = model._meta
        offered = {getattr(each, "parameter_name", each) for each in model_admin.list_filter}
        for field in opts.concrete_fields:
            if field.name in offered | {model_admin.date_hierarchy}:
                continue
            asked += 1
            lookup = {f"{field.name}__isnull": "0"}
            answer = browser.get(reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist"), lookup)
            assert answer.status_code == 400, (opts.model_name, lookup)
    assert asked > 100
    filtered = browser.get("/admin/conversations/feedback/?message__model__exact=none&changed_at__year=2026")
    assert filtered.status_code == 200


def test_what_is_about_to_be_deleted_is_counted_and_not_told(everything, root, alice):
    browser = browser_of(root)
    selected = {"action": "delete_selected", "_selected_action": str(alice.pk)}
    for answer in (
        browser.get(f"/admin/accounts/user/{alice.pk}/delete/"),
        browser.post("/admin/accounts/user/", selected),
    ):
        html = answer.content.decode()
        assert "alice@example.org" in html and SECRET not in html
        assert "Conversations" in html or "conversations" in html


def test_every_page_of_the_admin_is_recorded():
    assert [str(each) for each in admin.site._registry.values() if not isinstance(each, Recorded)] == []


def test_staff_without_permissions_are_refused_everywhere(everything, talk):  # noqa: F811
    nobody = User.objects.create_user("nobody@example.org", is_staff=True)
    browser, stranger = browser_of(nobody), Client()
    allowed = {"/admin/", "/admin/jsi18n/", "/admin/accounts/user/"}
    open_to_staff = set()
    for address in addresses():
        if browser.get(address).status_code == 200:
            open_to_staff.add(address)
        assert stranger.get(address).status_code in {302, 404}, address
    assert open_to_staff <= allowed, open_to_staff
    assert not AuditEntry.objects.filter(action="admin.searched").exists()


def test_no_other_page_sends_its_forms_or_frames_it(root):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(root)
    made = browser.post("/admin/auth/group/add/", {"name": "Theirs"})
    assert made.status_code == 403 and not Group.objects.exists()
    assert "frame-ancestors 'none'" in browser.get("/admin/")["Content-Security-Policy"]


def test_changes_of_rights_prices_and_limits_are_entered(administrator, root, alice):
    form = {"email": alice.email, "name": "Alice B.", "is_active": "on", "is_staff": "on"}
    administrator.post(f"/admin/accounts/user/{alice.pk}/change/", form)
    entry = AuditEntry.objects.filter(action="admin.changed").latest("number")
    assert (entry.actor_id, entry.whom_id, entry.address) == (root.pk, alice.pk, "203.0.113.9")
    assert entry.facts["changes"] == {"is_staff": [False, True], "name": ["…", "…"]}
    administrator.post("/admin/conversations/quota/add/", {"user": alice.pk, "tokens_per_day": 500})
    quota = Quota.objects.get()
    administrator.post(f"/admin/conversations/quota/{quota.pk}/change/", {"user": alice.pk, "tokens_per_day": 700})
    entry = AuditEntry.objects.filter(action="admin.changed").latest("number")
    assert entry.facts["changes"] == {"tokens_per_day": [500, 700]}
    administrator.post("/admin/auth/group/add/", {"name": "Reviewers"})
    administrator.post(f"/admin/conversations/quota/{quota.pk}/delete/", {"post": "yes"})
    done = list(
        AuditEntry.objects.filter(action__startswith="admin.").order_by("number").values_list("action", "target_kind")
    )
    assert done == [
        ("admin.changed", "user"),
        ("admin.added", "quota"),
        ("admin.changed", "quota"),
        ("admin.added", "group"),
        ("admin.deleted", "quota"),
    ]


def test_every_right_that_is_given_is_named_and_so_is_an_address_that_is_marked(administrator, alice):
    rights = list(Permission.objects.all())
    administrator.post("/admin/auth/group/add/", {"name": "All", "permissions": [right.pk for right in rights]})
    added = AuditEntry.objects.get(action="admin.added").facts["changes"]["permissions"][1]
    assert len(rights) > 100 and sorted(added) == sorted(right.codename for right in rights)
    address = EmailAddress.objects.create(user=alice, email=alice.email, primary=True)
    selected = {"action": "make_verified", "_selected_action": str(address.pk)}
    administrator.post("/admin/account/emailaddress/", selected)
    entry = AuditEntry.objects.latest("number")
    assert (entry.action, entry.whom_id, entry.facts["changes"]) == (
        "admin.changed",
        alice.pk,
        {"verified": [False, True]},
    )


def test_nobody_writes_in_the_ledger_and_what_is_shown_can_be_exported(administrator, root, alice):
    administrator.get("/admin/accounts/user/?q=alice@example.org")
    entry = AuditEntry.objects.get(action="admin.searched")
    assert "alice" not in entry.details
    for place in ("add/", f"{entry.pk}/delete/"):
        assert administrator.get(f"/admin/accounts/auditentry/{place}").status_code == 403
    assert administrator.post(f"/admin/accounts/auditentry/{entry.pk}/change/", {"action": "x"}).status_code == 403
    page = administrator.get(f"/admin/accounts/auditentry/?action=admin.searched&actor={root.pk}")
    assert "Searched in the administration" in page.content.decode()
    export = administrator.get("/admin/accounts/auditentry/export/?action=admin.searched")
    (line,) = b"".join(export.streaming_content).decode().splitlines()
    assert f'"number": {entry.pk}' in line
    assert AuditEntry.objects.latest("number").action == "ledger.exported"


def test_the_planted_fields_are_what_conversations_are_made_of():
    planted = {
        f"{model._meta.model_name}.{field.name}"
        for model in apps.get_app_config("conversations").get_models()
        for field in model._meta.concrete_fields
        if is_said(field)
    }
    assert planted >= {"conversation.title", "message.text", "attachment.name", "passage.text", "summary.text"}
