"""The usage page: what was used, what it cost and what is left, with a table beside each picture."""

import datetime
import re
from decimal import Decimal

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conversations import usage_charts
from conversations.models import Quota
from conversations.usage import Sums
from tests.pages.conftest import plain_static_files  # noqa: F401

from .conftest import help_with, spend

pytestmark = pytest.mark.django_db


@pytest.fixture
def page(alice):
    """Opens Alice's page and returns its HTML."""
    browser = Client()
    browser.force_login(alice)

    def get(query: str = "", expected: int = 200) -> str:
        answer = browser.get(f"/usage/{query}")
        assert answer.status_code == expected
        return answer.content.decode()

    return get


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]*>", " ", html).split())


def rows(html: str, label: str) -> list[list[str]]:
    """Return the cells of the table with this label, row by row."""
    table = html.partition(f'aria-label="{label}"')[2].partition("</table>")[0]
    body = table.partition("<tbody>")[2]
    return [re.findall(r"<t[hd][^>]*>([^<]*)<", row) for row in body.split("</tr>") if "<td" in row]


def test_those_who_are_not_signed_in_are_sent_to_sign_in(client):
    assert client.get("/usage/").status_code == 302


def test_nothing_used_is_said_calmly(page):
    html = page()
    assert "Nothing used in these 30 days" in html
    assert "<table" not in html


def test_every_model_and_purpose_has_its_row(page, alice, bob):
    spend(alice, model="ollama/llama3.3:latest", prompt_tokens=1000)
    spend(alice, model="openai/gpt-5-mini", purpose="title", cost=None)
    spend(bob, model="ollama/secret")
    html = page()
    assert rows(html, "Usage by model") == [
        ["llama3.3", "1", "1,000", "20", "0.1 s", "0.0100 USD"],
        ["gpt-5-mini", "1", "10", "20", "0.1 s", "unknown"],
    ]
    assert [row[0] for row in rows(html, "Usage by purpose")] == ["Chat", "Title"]
    assert "secret" not in html


def test_every_kind_of_help_has_its_row(page, alice):
    spend(alice)
    assert "kind of help" not in words(page())
    for mode in ("code", "support", "code", ""):
        help_with(alice, mode)
    html = page()
    assert rows(html, "Kinds of help") == [["Code assistant", "2"], ["Not known", "1"], ["Technical support", "1"]]
    told = "Questions by kind of help: Code assistant 2 (50%), Not known 1 (25%), Technical support 1 (25%)"
    assert f'role="img" aria-label="{told}"' in html


def test_two_models_of_one_name_are_told_apart(page, alice):
    spend(alice, model="ollama/twin")
    spend(alice, model="openai/twin", prompt_tokens=99)
    assert [row[0] for row in rows(page(), "Usage by model")] == ["openai/twin", "ollama/twin"]


def test_the_days_are_a_table_too(page, alice):
    spend(alice, at=timezone.now() - datetime.timedelta(days=2))
    spend(alice)
    assert [row[1:4] for row in rows(page(), "Usage by day")] == [["1", "10", "20"]] * 2


def test_an_unknown_price_is_never_shown_as_nothing(page, alice):
    spend(alice, cost=None)
    assert "nobody knows the price of 1 call" in words(page())
    spend(alice, cost=Decimal("1.5"))
    html = page()
    assert rows(html, "Usage by model")[0][-1] == "1.50 USD + unknown"
    assert "Cost 1.50 USD nobody knows the price of 1 call" in words(html)


@pytest.mark.parametrize("days", [7, 30, 90])
def test_the_range_can_be_chosen_with_a_link(page, alice, days):
    spend(alice, at=timezone.now() - datetime.timedelta(days=days - 1))
    spend(alice, at=timezone.now() - datetime.timedelta(days=days))
    html = page(f"?days={days}")
    assert rows(html, "Usage by model")[0][1] == "1"
    assert re.search(rf'href="/usage/\?days={days}" aria-current="page"', html)


@pytest.mark.parametrize("query", ["?days=8", "?days=", "?days=all", "?day=7"])
def test_another_range_is_refused(page, query):
    assert "7, 30 or 90 days" in page(query, expected=400)


def test_limits_are_shown_with_what_is_used_and_when_they_start_again(page, alice):
    Quota.objects.create(tokens_per_day=40, cost_per_month=Decimal(2), requests_per_minute=5)
    spend(alice)
    text = words(page())
    assert "Tokens today 30 of 40 tokens 75% Starts again" in text
    assert "Cost this month 0.0100 of 2.00 USD" in text
    assert "Questions this minute 0 of 5" in text


def test_a_limit_that_is_used_up_says_so(page, alice):
    Quota.objects.create(tokens_per_day=30)
    spend(alice)
    html = page()
    assert "Used up. It starts again" in html
    assert 'data-tone="danger"' in html


def test_without_limits_the_page_says_so(page):
    assert "Nothing limits how many tokens you may use" in words(page())


def test_a_name_with_markup_stays_a_name(page, alice):
    spend(alice, model="ollama/<b>x</b>")
    html = page()
    assert "<b>x</b>" not in html
    assert "&lt;b&gt;x&lt;/b&gt;" in html


def test_it_has_no_inline_style_and_no_inline_script(page, alice):
    spend(alice)
    html = page()
    assert "style=" not in html
    assert all("nonce=" in tag or "src=" in tag for tag in re.findall(r"<script[^>]*>", html))


def test_the_page_takes_as_many_queries_for_many_entries_as_for_one(page, alice):
    Quota.objects.create(tokens_per_day=10, cost_per_month=1)
    counts = []
    for more in (1, 30):
        for number in range(more):
            spend(alice, model=f"ollama/{number}")
        with CaptureQueriesContext(connection) as captured:
            page()
        counts.append(len(captured))
    assert counts[0] == counts[1]


# -- The pictures -----------------------------------------------------------------------------------------------------

FIRST = datetime.date(2026, 3, 1)


def days(*tokens: tuple[int, int]) -> dict[datetime.date, Sums]:
    return {
        FIRST + datetime.timedelta(days=number): Sums(calls=1, prompt_tokens=read, completion_tokens=written)
        for number, (read, written) in enumerate(tokens)
    }


def number(place: str) -> float:
    return float(place.removesuffix("%"))


@pytest.mark.parametrize("most", [0, 1, 2, 3, 7, 99, 100, 101, 12_345, 10**9, 3 * 10**12])
def test_the_highest_bar_fits_the_picture(most):
    chart = usage_charts.by_day(days((most // 2, most - most // 2), (0, 0)))
    for column in chart.columns:
        assert number(column.read_y) >= usage_charts.SKY - 0.01
        assert number(column.written_y) + number(column.written_height) == pytest.approx(usage_charts.GROUND, abs=0.02)
    assert usage_charts.nice_step(most) * usage_charts.STEPS >= most


def test_the_picture_says_in_words_what_it_shows():
    chart = usage_charts.by_day(days((10, 5), (1000, 500)))
    assert chart.summary == "Tokens by day: used on 2 days, most on 2 Mar with 1,500"
    assert chart.columns[1].title == "2 Mar: 1,000 read, 500 written"


@pytest.mark.parametrize("count", [1, 2, 5, 6, 40])
def test_shares_fill_the_bar_and_the_small_ones_are_together(count):
    parts = usage_charts.shares([(f"model {number}", number + 1, "") for number in range(count)])
    assert len(parts) == min(count, 5)
    last = parts[-1]
    assert number(last.x) + number(last.width) == pytest.approx(100, abs=1)
    assert (last.name == "Others") == (count > 5)
    assert usage_charts.shares([]) == []


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (800, "800"), (40_000, "40k"), (1_500_000, "1.5M"), (2 * 10**9, "2G")]
)
def test_a_scale_has_short_numbers(value, text):
    assert usage_charts.short(value) == text
