"""The settings in a browser: every page, the panel of a chat, prompts by /, and the sheet of keys."""

import pytest
from playwright.sync_api import Page, expect

from .people import Person, sign_up
from .screen import Screen, too_wide
from .test_read_with_any_ability import PHONE, WIDE, examine

pytestmark = pytest.mark.browser

PAGES = [
    "/settings/",
    "/settings/email/",
    "/settings/chat/",
    "/settings/prompts/",
    "/settings/looks/",
    "/settings/security/",
    "/settings/shortcuts/",
    "/accounts/keys/",
    "/data/",
    "/settings/delete/",
]


@pytest.fixture
def carl(server) -> Person:
    """Somebody whose settings are as they were made."""
    return sign_up(server.url, name="Carl")


@pytest.mark.parametrize("viewport", [WIDE, PHONE])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_no_page_has_a_barrier_or_is_too_wide(window, carl, viewport, theme):
    page = window(carl, viewport=viewport, color_scheme=theme).new_page()
    for path in PAGES:
        page.goto(carl.url + path)
        assert (path, examine(page)) == (path, {})
        assert too_wide(page) <= 0, path


def test_a_compact_dark_look_without_scripts(window, carl):
    page = window(carl, java_script_enabled=False).new_page()
    page.goto(f"{carl.url}/settings/looks/")
    before = page.locator(".card").first.bounding_box()["height"]
    page.get_by_text("Dark", exact=True).last.click()
    page.get_by_text("Compact", exact=True).click()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("html[data-theme=dark][data-density=compact]")).to_be_attached()
    assert page.locator(".card").first.bounding_box()["height"] < before


def test_instructions_go_along_and_the_answer_says_so(window, carl, fake):
    screen = Screen(window(carl).new_page(), carl)
    page = screen.page
    page.goto(f"{carl.url}/settings/chat/")
    page.get_by_label("What should every answer take into account?").fill("Think in metric units.")
    page.get_by_label("Kind of help").select_option("tutorial")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    screen.open()
    screen.ask_whole("How far is the moon? tokens=5")
    expect(page.get_by_text("With your instructions")).to_be_visible()
    (seen,) = fake.asked("How far is the moon? tokens=5")
    assert "Think in metric units." in seen["body"]["messages"][0]["content"]


@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_a_chat_is_asked_in_a_certain_way_from_its_menu(window, carl, fake, viewport):
    screen = Screen(window(carl, viewport=viewport).new_page(), carl).open()
    page = screen.page
    screen.ask_whole("A first question. tokens=5")
    page.get_by_role("button", name="Options for this session").click()
    page.get_by_role("link", name="How the model is asked…").click()
    panel = page.get_by_role("dialog", name="How the model is asked")
    panel.get_by_label("Temperature").fill("0.2")
    panel.get_by_label("Seed").fill("7")
    assert examine(page) == {} and too_wide(page) <= 0
    panel.get_by_role("button", name="Save").click()
    expect(panel).to_have_count(0)
    question = f"Another question at {viewport['width']}. tokens=5"
    screen.ask_whole(question)
    expect(page.get_by_text("Temperature 0.2 · Seed 7")).to_be_visible()
    (seen,) = fake.asked(question)
    assert (seen["body"]["options"]["temperature"], seen["body"]["options"]["seed"]) == (0.2, 7)
    screen.reload()
    expect(page.get_by_text("Temperature 0.2 · Seed 7")).to_be_visible()


def test_the_same_without_scripts(window, carl):
    with carl.client() as client:
        made = client.post(
            "/api/conversations/", json={"title": "Plain"}, headers={"X-CSRFToken": client.cookies["csrftoken"]}
        ).json()
    page = window(carl, java_script_enabled=False).new_page()
    page.goto(f"{carl.url}/chat/{made['id']}/parameters/")
    page.get_by_label("Temperature").fill("1.5")
    page.get_by_label("Thinking").select_option("off")
    page.get_by_role("button", name="Save").click()
    page.goto(f"{carl.url}/chat/{made['id']}/parameters/")
    expect(page.get_by_label("Temperature")).to_have_value("1.5")
    expect(page.get_by_label("Thinking")).to_have_value("off")


def keep(page: Page, person: Person, name: str, text: str) -> None:
    """Keep a prompt by the form."""
    page.goto(f"{person.url}/settings/prompts/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Prompt", exact=True).fill(text)
    page.get_by_role("button", name="Keep", exact=True).click()
    expect(page.get_by_text("Type / in the chat to use it.")).to_be_visible()


@pytest.mark.parametrize("viewport", [WIDE, PHONE])
def test_a_prompt_is_found_by_a_slash_filled_and_asked(window, carl, viewport):
    screen = Screen(window(carl, viewport=viewport).new_page(), carl)
    page = screen.page
    keep(page, carl, "Explain", "Explain {{topic}} to {{reader}}. {{topic}}!")
    keep(page, carl, "Shorten", "Make this shorter.")
    screen.open()
    screen.composer.press("/")
    dialog = page.get_by_role("dialog", name="Prompts")
    expect(dialog.get_by_role("option")).to_have_count(2)
    assert examine(page) == {} and too_wide(page) <= 0
    page.keyboard.press("ArrowDown")
    expect(dialog.get_by_role("option", selected=True)).to_contain_text("Shorten")
    page.keyboard.type("expl")
    expect(dialog.get_by_role("option")).to_have_count(1)
    page.keyboard.press("Enter")
    dialog.get_by_label("topic").fill("{{reader}} & <b>tides</b>")
    dialog.get_by_label("reader").fill("a child")
    assert examine(page) == {}
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    words = "Explain {{reader}} & <b>tides</b> to a child. {{reader}} & <b>tides</b>!"
    expect(screen.composer).to_have_value(words)
    expect(screen.composer).to_be_focused()


def test_a_slash_elsewhere_is_a_slash(window, carl):
    screen = Screen(window(carl).new_page(), carl).open()
    screen.composer.fill("either")
    screen.composer.press("/")
    expect(screen.composer).to_have_value("either/")
    expect(screen.page.locator("dialog[open]")).to_have_count(0)


def test_a_prompt_is_chosen_in_a_temporary_chat_too(window, carl):
    screen = Screen(window(carl).new_page(), carl)
    keep(screen.page, carl, "Shorten", "Make this shorter.")
    screen.page.goto(f"{carl.url}/chat/temporary/")
    screen.composer.press("/")
    expect(screen.page.get_by_role("option", selected=True)).to_contain_text("Shorten")
    screen.page.keyboard.press("Enter")
    expect(screen.composer).to_have_value("Make this shorter.")


def test_a_second_slash_is_one_that_was_meant(window, carl):
    screen = Screen(window(carl).new_page(), carl).open()
    screen.composer.press("/")
    expect(screen.page.get_by_role("combobox", name="Find a prompt")).to_be_focused()
    screen.page.keyboard.type("/etc/hosts")
    expect(screen.composer).to_have_value("/etc/hosts")
    expect(screen.composer).to_be_focused()


def test_a_gap_may_begin_with_any_sign_that_the_server_takes(window, carl):
    screen = Screen(window(carl).new_page(), carl)
    keep(screen.page, carl, "Recipe", "Pour {{½ litre of}} into {x} and {{  }}.")
    screen.open()
    screen.composer.press("/")
    expect(screen.page.get_by_role("option", selected=True)).to_contain_text("Recipe")
    screen.page.keyboard.press("Enter")
    screen.page.get_by_label("½ litre of").fill("milk")
    screen.page.keyboard.press("Enter")
    expect(screen.composer).to_have_value("Pour milk into {x} and {{  }}.")


def test_a_question_mark_that_is_held_down_shows_the_keys_once(window, carl):
    screen = Screen(window(carl).new_page(), carl).open()
    page = screen.page
    page.route("**/settings/shortcuts/", lambda route: (page.wait_for_timeout(300), route.continue_()))
    page.locator("#main").focus()
    for _ in range(4):
        page.evaluate("document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: '?', bubbles: true}))")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    page.wait_for_timeout(600)
    expect(page.locator("dialog.panel")).to_have_count(1)
    expect(page.get_by_text("Quote what is selected in an answer")).to_be_visible()


def test_a_question_mark_shows_the_keys(window, carl):
    screen = Screen(window(carl).new_page(), carl).open()
    page = screen.page
    screen.composer.press("?")
    expect(screen.composer).to_have_value("?")
    page.locator("#main").focus()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(sheet.get_by_text("Search chats, commands and settings")).to_be_visible()
    assert examine(page) == {}
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)


def test_an_account_is_left_for_good(window, carl):
    from .test_use_a_passkey import confirm

    page = window(carl).new_page()
    page.goto(f"{carl.url}/data/")
    page.get_by_role("link", name="Delete my account…").click()
    confirm(page)
    page.get_by_label("Type your e-mail address to confirm").fill(carl.email)
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("Your account and everything in it was deleted.")).to_be_visible()
    with carl.client() as client:
        assert client.get("/api/auth/me/").status_code == 401
