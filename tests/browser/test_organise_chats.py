"""The list of chats as one keeps it: renaming, deleting and undoing, the archive, tags, and what goes on elsewhere."""

import pytest
from playwright.sync_api import Locator, Page, expect

from .people import Person, sign_up
from .screen import Screen

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}


@pytest.fixture
def somebody(server) -> Person:
    """A person whose list holds nothing but what the test puts there."""
    return sign_up(server.url, name="Tidy")


def make(person: Person, *titles: str, **fields) -> list[str]:
    """Return the ids of new conversations, the last one being the newest."""
    ids = []
    with person.client() as client:
        token = client.get("/chat/").text.partition('name="csrfmiddlewaretoken" value="')[2].partition('"')[0]
        headers = {"X-CSRFToken": token}
        for title in titles:
            made = client.post("/api/conversations/", json={"title": title}, headers=headers).raise_for_status().json()
            if fields:
                address = f"/api/conversations/{made['id']}/"
                client.patch(address, json=fields, headers=headers).raise_for_status()
            ids.append(made["id"])
    return ids


def row(page: Page, title: str) -> Locator:
    return page.locator("#chats .chat-item").filter(has_text=title)


def choose(page: Page, title: str, action: str) -> None:
    """Open the menu of a chat and choose from it."""
    row(page, title).hover()
    row(page, title).get_by_role("button").click()
    page.locator("#chat-menu").get_by_role("button", name=action, exact=True).click()


def test_a_title_is_changed_in_its_place_and_everywhere(screen, window, ada):
    screen.ask_whole("To be renamed, tokens=5")
    beside = Screen(window(ada).new_page(), ada).open(screen.path)
    mine = screen.page.locator(f"#chat-{screen.conversation}")
    field = mine.get_by_label("Title", exact=True)
    for key, kept in (("Escape", "To be renamed, tokens=5"), ("Enter", "Rivers & <b>bridges</b>")):
        choose(screen.page, "To be renamed", "Rename")
        expect(field).to_be_focused()
        expect(field).to_have_value("To be renamed, tokens=5")
        field.fill("  Rivers &   <b>bridges</b>  ")
        field.press(key)
        expect(field).to_have_count(0)
        expect(mine.locator("[data-title]")).to_have_text(kept)
        expect(mine.locator("a")).to_be_focused()
    for page in (screen.page, beside.page):
        expect(page.locator("h1[data-title]")).to_have_text("Rivers & <b>bridges</b>")
        expect(page.locator(f"#chat-{screen.conversation} [data-title]")).to_have_text("Rivers & <b>bridges</b>")
        expect(page).to_have_title("Rivers & <b>bridges</b> · Chatsite")
    expect(mine.locator("a")).to_have_attribute("aria-current", "page")
    # Going elsewhere keeps what was typed.
    choose(screen.page, "Rivers", "Rename")
    field.fill("Lakes")
    screen.composer.click()
    expect(screen.page.locator("h1[data-title]")).to_have_text("Lakes")
    screen.reload()
    expect(screen.page.locator("h1[data-title]")).to_have_text("Lakes")


def test_a_deleted_chat_is_gone_in_every_tab_until_that_is_undone(screen, window, ada):
    screen.ask_whole("To be deleted, tokens=5")
    conversation, before = screen.conversation, screen.shown()
    beside = Screen(window(ada).new_page(), ada).open(screen.path)
    choose(screen.page, "To be deleted", "Delete")
    screen.page.wait_for_url("**/chat/")
    for page in (screen.page, beside.page):
        expect(page.locator(f"#chat-{conversation}")).to_have_count(0)
    expect(beside.pill).to_contain_text("This chat does not exist any more.")
    assert beside.page.goto(f"{ada.url}/chat/{conversation}/").status == 404
    beside.open("/usage/")
    expect(screen.page.locator("#toast")).to_contain_text("1 chat deleted.")
    screen.page.get_by_role("button", name="Undo").click()
    screen.page.wait_for_url(f"**/chat/{conversation}/")
    assert screen.shown() == before
    for page in (screen.page, beside.page):
        expect(page.locator(f"#chat-{conversation}")).to_be_visible()


def test_chats_are_pinned_archived_and_brought_back(window, somebody):
    make(somebody, "Oldest", "Middle", "Newest")
    page = window(somebody).new_page()
    page.goto(f"{somebody.url}/chat/")
    choose(page, "Oldest", "Pin")
    pinned = page.get_by_role("region", name="Pinned")
    expect(pinned.locator(".chat-item")).to_have_text(["Oldest"])
    choose(page, "Oldest", "Unpin")
    expect(pinned).to_have_count(0)
    choose(page, "Middle", "Archive")
    expect(row(page, "Middle")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row(page, "Middle")).to_be_visible()
    choose(page, "Middle", "Archive")
    expect(row(page, "Middle")).to_have_count(0)
    page.get_by_role("button", name="Tidy").click()
    page.get_by_role("link", name="Archive").click()
    page.get_by_role("button", name="Restore Middle").click()
    # Told to the list beside, too.
    expect(row(page, "Middle")).to_be_visible()
    expect(page.get_by_role("region", name="Archived chats").get_by_role("listitem")).to_have_count(0)


def test_tags_are_put_on_one_chat_and_on_several_and_narrow_the_list(window, somebody):
    make(somebody, "Lease", "Garden", "Roof")
    page = window(somebody).new_page()
    page.goto(f"{somebody.url}/chat/")
    choose(page, "Lease", "Tags…")
    page.get_by_label("New tag").fill("Home")
    page.get_by_role("button", name="Save").click()
    marks = row(page, "Lease").locator(".tag-marks")
    expect(marks).to_have_attribute("title", "Home")
    choose(page, "Garden", "Select several")
    # What does it is fetched when it is asked for.
    expect(page.get_by_role("group", name="Selected chats")).to_contain_text("1 selected")
    row(page, "Lease").locator("a").click()
    page.get_by_role("button", name="Tags of the selected chats").click()
    dialog = page.locator("#tagging")
    expect(dialog).to_contain_text("2 chats")
    assert dialog.get_by_label("Home").evaluate("box => box.indeterminate")
    page.get_by_label("New tag").fill("Garden work")
    page.get_by_role("button", name="Save").click()
    expect(marks).to_have_attribute("title", "Garden work, Home")
    expect(row(page, "Garden").locator(".tag-marks").first).to_have_attribute("title", "Garden work")
    page.get_by_role("button", name="Undo").click()
    expect(marks).to_have_attribute("title", "Home")
    page.get_by_role("link", name="Home", exact=True).click()
    expect(page.locator(".chat-item")).to_have_count(1)
    page.reload()
    expect(page.locator(".chat-item")).to_have_count(1)
    expect(page.get_by_role("link", name="Home", exact=True)).to_have_attribute("aria-current", "true")
    page.get_by_role("link", name="All", exact=True).click()
    expect(page.locator(".chat-item")).to_have_count(3)


def test_several_are_deleted_at_once_on_a_phone_and_one_undo_brings_all_back(window, somebody):
    make(somebody, *(f"Chat {number}" for number in range(6)))
    page = window(somebody, viewport=PHONE).new_page()
    page.goto(f"{somebody.url}/chat/")
    page.get_by_role("button", name="Open sidebar").click()
    choose(page, "Chat 4", "Select several")
    # What does it is fetched when it is asked for.
    expect(page.get_by_role("group", name="Selected chats")).to_contain_text("1 selected")
    row(page, "Chat 1").locator("a").click(modifiers=["Shift"])
    expect(page.get_by_role("group", name="Selected chats")).to_contain_text("4 selected")
    row(page, "Chat 2").get_by_role("checkbox").click()
    page.get_by_role("button", name="Delete the selected chats").click()
    expect(page.locator(".chat-item [data-title]")).to_have_text(["Chat 5", "Chat 2", "Chat 0"])
    expect(page.get_by_role("group", name="Selected chats")).to_be_hidden()
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".chat-item")).to_have_count(6)


def test_every_tab_sees_which_chat_is_answered_and_what_nobody_has_looked_at(window, somebody, fake):
    make(somebody, "Another one")
    asking = Screen(window(somebody).new_page(), somebody).open()
    beside = window(somebody).new_page()
    beside.goto(f"{somebody.url}/usage/")
    fake.hold()
    asking.ask("Answered elsewhere, tokens=600")
    asking.writing()
    conversation = asking.conversation
    busy = beside.locator(f"#chat-{conversation}[data-running]")
    expect(busy.locator("a")).to_have_accessible_name("Answered elsewhere, tokens=600 , being answered")
    # Nobody waits for it: its reader has gone on to something else.
    asking.open("/chat/archive/")
    fake.release()
    unread = f"#chat-{conversation}[data-unread]"
    for page in (beside, asking.page):
        expect(page.locator(unread).locator("a")).to_have_accessible_name("Answered elsewhere, tokens=600 , new answer")
    beside.reload()
    expect(beside.locator(unread)).to_be_visible()
    asking.page.locator(f"#chat-{conversation} a").click()
    expect(beside.locator(unread)).to_have_count(0)
    expect(beside.locator(f"#chat-{conversation}")).to_be_visible()
    beside.reload()
    expect(beside.locator(unread)).to_have_count(0)


def test_the_list_goes_on_as_it_is_scrolled_and_stays_as_long_as_it_is(window, somebody):
    make(somebody, *(f"Chat {number:03}" for number in range(120)))
    page = window(somebody).new_page()
    page.goto(f"{somebody.url}/chat/")
    rows = page.locator(".chat-item")
    expect(rows).to_have_count(50)
    for shown in (100, 120):
        rows.last.scroll_into_view_if_needed()
        page.locator("#chats").evaluate("list => list.scrollTop = list.scrollHeight")
        expect(rows).to_have_count(shown)
    expect(page.get_by_role("heading", name="Today")).to_have_count(1)
    make(somebody, "Told of meanwhile", pinned=True)
    expect(rows).to_have_count(121)
    expect(page.get_by_role("region", name="Pinned")).to_contain_text("Told of meanwhile")


def test_the_list_stays_as_it_is_while_a_menu_of_it_is_open(window, somebody):
    """A menu stands where the button that opened it stands: without that it would jump into the corner."""
    make(somebody, "Lease", "Garden")
    page = window(somebody).new_page()
    page.goto(f"{somebody.url}/chat/")
    row(page, "Lease").hover()
    row(page, "Lease").get_by_role("button").click()
    expect(page.locator("#chat-menu")).to_be_visible()
    make(somebody, "Roof")
    page.evaluate("document.body.dispatchEvent(new Event('chats-changed'))")
    page.wait_for_timeout(1000)
    expect(page.locator(".chat-item")).to_have_count(2)
    page.locator("#chat-menu").get_by_role("button", name="Pin", exact=True).click()
    expect(page.locator(".chat-item")).to_have_count(3)
