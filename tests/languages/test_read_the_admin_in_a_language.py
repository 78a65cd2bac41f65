"""The admin's own pages say nothing that cannot be translated."""

import re

import pytest
from django.contrib import admin
from django.urls import reverse

from tests.audit.conftest import root  # noqa: F401
from tests.pages.conftest import talk  # noqa: F401

from .conftest import bare

# What people and machines are called, and what the ledger keeps in English.
NAMED = re.compile(
    r"@example\.org|[0-9a-f]{8}|Qwen|SmolVLM|ledger\.exported|by: session|filters: |^(root|user)$"
    # Of a package, and names of columns that are not told in other languages yet.
    r"|[Aa]uthenticators|^(Answer|Prompt|Extract|Conversation id)$"
)

pytestmark = pytest.mark.django_db


def addresses():
    """Yield the front of the admin, and every page beside the rows: lists, forms, our own."""
    yield "/admin/"
    for model_admin in admin.site._registry.values():
        for pattern in model_admin.get_urls():
            if pattern.name and not list(pattern.pattern.converters):
                yield reverse(f"admin:{pattern.name}")


def test_no_page_of_the_admin_says_a_word_that_cannot_be_translated(browser, root, talk, in_brackets):  # noqa: F811
    root.language = "de"
    root.save()
    browser.force_login(root)
    found = {}
    for address in addresses():
        answer = browser.get(address)
        if answer.status_code == 200 and not answer.streaming and answer["Content-Type"].startswith("text/html"):
            for text in bare(answer.content.decode().replace("&rsaquo;", "")):
                if not NAMED.search(text):
                    found.setdefault(text, address)
    assert found == {}
