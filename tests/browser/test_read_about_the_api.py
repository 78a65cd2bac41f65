"""The two pages about the API: offline, under the strict policy, on every screen, and calls can be tried out."""

import pytest
from playwright.sync_api import Page, expect

from .screen import too_wide
from .test_read_with_any_ability import PHONE, WIDE

pytestmark = pytest.mark.browser


def wait_for(page: Page, name: str) -> None:
    """Wait until the page shows the calls."""
    place = "#api-docs .opblock" if name == "docs" else "#api-redoc [data-section-id]"
    expect(page.locator(place).first).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("screen_size", [WIDE, PHONE], ids=["wide", "phone"])
@pytest.mark.parametrize("name", ["docs", "redoc"])
def test_every_call_is_shown_and_nothing_comes_from_elsewhere(window, ada, name, screen_size, theme):
    # The window holds the page to the policy and to this host.
    page = window(ada, viewport=screen_size, color_scheme=theme).new_page()
    page.goto(f"{ada.url}/api/{name}/")
    wait_for(page, name)
    shown = page.locator("body").inner_text()
    for what in ("List my conversations", "Ask a question", "Answer a chat, as OpenAI does"):
        assert what in shown
    assert too_wide(page) <= 0


# How much lighter or darker the text of each element is than what it stands on, as WCAG reckons it.
CONTRASTS = """elements => {
  const context = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  const shade = (...colours) => {
    for (const colour of colours) { context.fillStyle = colour; context.fillRect(0, 0, 1, 1); }
    const parts = [...context.getImageData(0, 0, 1, 1).data].slice(0, 3).map(part => part / 255);
    const [r, g, b] = parts.map(part => (part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  return elements.map(element => {
    const ground = [];
    for (let each = element; each; each = each.parentElement) ground.unshift(getComputedStyle(each).backgroundColor);
    const tones = [shade(...ground), shade(getComputedStyle(element).color)].sort((a, b) => a - b);
    return (tones[1] + 0.05) / (tones[0] + 0.05);
  });
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_headings_and_chosen_tabs_of_the_reference_can_be_read(window, ada, theme):
    page = window(ada, viewport=WIDE, color_scheme=theme).new_page()
    page.goto(f"{ada.url}/api/redoc/")
    wait_for(page, "redoc")
    for what in ("h5", "h5 span", ".react-tabs__tab--selected"):
        contrasts = page.locator(f"#api-redoc {what}").evaluate_all(CONTRASTS)
        assert contrasts
        assert min(contrasts) >= 4.5, what


def test_a_call_is_tried_out_as_the_person_who_is_signed_in(window, ada):
    page = window(ada).new_page()
    page.goto(f"{ada.url}/api/docs/")
    call = page.locator("#operations-Account-read_me")
    call.click()
    call.get_by_role("button", name="Try it out").click()
    call.get_by_role("button", name="Execute").click()
    expect(call.locator(".live-responses-table .response").first).to_contain_text(ada.email)


def test_a_call_that_changes_something_brings_the_pages_token(window, ada):
    page = window(ada).new_page()
    page.goto(f"{ada.url}/api/docs/")
    call = page.locator("#operations-Conversations-make_conversation")
    call.click()
    call.get_by_role("button", name="Try it out").click()
    call.locator("textarea").fill('{"title": "Tried out"}')
    call.get_by_role("button", name="Execute").click()
    answer = call.locator(".live-responses-table .response").first
    expect(answer).to_contain_text("201")
    expect(answer).to_contain_text("Tried out")


def test_a_key_is_used_instead_of_the_session(window, ada):
    page = window(ada).new_page()
    page.goto(f"{ada.url}/api/docs/")
    page.get_by_role("button", name="Authorize").click()
    dialog = page.locator(".modal-ux")
    dialog.locator("input").first.fill("cs_nobodys_key")
    dialog.get_by_role("button", name="Apply credentials").first.click()
    dialog.get_by_role("button", name="Close").last.click()
    call = page.locator("#operations-Account-read_me")
    call.get_by_role("button", name="get").first.click()
    call.get_by_role("button", name="Try it out").click()
    call.get_by_role("button", name="Execute").click()
    expect(call.locator(".live-responses-table .response").first).to_contain_text("token_not_valid")
