"""What staff look into a case with: narrowed lists, a search, versions beside each other, and an archive."""

import re
import zipfile

import pytest
from playwright.sync_api import expect

from .people import sign_up
from .screen import Screen
from .test_keep_a_chat import too_wide
from .test_read_with_any_ability import PHONE, WIDE, examine

pytestmark = pytest.mark.browser
REASON = "Somebody reported a threat in it."
RIGHTS = """
from accounts.models import User
User.objects.filter(email="{email}").update(is_staff=True, is_superuser=True)
"""


@pytest.fixture
def case(window, server, fake) -> Screen:
    """A chat with two answers to the same question, in the window of an administrator."""
    person = sign_up(server.url)
    screen = Screen(window(person).new_page(), person).open()
    fake.script(text="Twice a day, zanzibar.", rate=None)
    screen.ask_whole("How often does the tide come?")
    fake.script(text="Every twelve hours.", rate=None)
    screen.page.get_by_role("button", name="Answer again", exact=True).click()
    expect(screen.page.locator(".versions")).to_contain_text("2 / 2")
    screen.at_rest()
    server.manage("shell", "-v0", "-c", RIGHTS.format(email=person.email))
    return screen


def test_staff_search_read_beside_each_other_and_take_it_along(case):
    page, chat = case.page, case.path.rstrip("/").rpartition("/")[2]
    admin = f"{case.person.url}/admin/conversations/conversation/"
    page.goto(admin)
    page.set_viewport_size(WIDE)
    expect(page.locator("[type=date]")).to_have_count(2)
    assert too_wide(page) <= 0
    page.get_by_role("link", name="Search what was said", exact=True).click()
    page.get_by_label("Words").fill("zanzibar")
    page.get_by_label("Of whom?").fill(case.person.email)
    page.get_by_label("Why do you have to search?").fill(REASON)
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("status")).to_contain_text("Found 1 time in 1 conversation")
    assert examine(page) == {} and too_wide(page) <= 0
    page.set_viewport_size(WIDE)
    page.get_by_role("link", name="Ask to read it", exact=True).click()
    page.get_by_label(re.compile("Why do you have to read")).fill(REASON)
    page.get_by_role("button", name="Read the conversation", exact=True).click()
    page.get_by_role("link", name="All versions beside each other", exact=True).click()
    versions = page.locator(".alternative")
    expect(versions).to_have_count(2)
    left, right = (versions.nth(number).bounding_box() for number in (0, 1))
    assert left["y"] == right["y"] and left["x"] + left["width"] <= right["x"]
    assert examine(page) == {} and too_wide(page) <= 0
    page.set_viewport_size(PHONE)
    above, below = (versions.nth(number).bounding_box() for number in (0, 1))
    assert above["x"] == below["x"] and above["y"] + above["height"] <= below["y"]
    page.set_viewport_size(WIDE)
    # Colours of the admin change slowly: it is opened in the theme that is examined first.
    page.emulate_media(color_scheme="light")
    page.goto(f"{admin}case/?conversation={chat}")
    assert examine(page) == {} and too_wide(page) <= 0
    page.get_by_label(re.compile("Why do you have to take")).fill(REASON)
    with page.expect_download() as made:
        page.get_by_role("button", name="Make the archive", exact=True).click()
    with zipfile.ZipFile(made.value.path()) as archive:
        assert f"conversations/{chat}.html" in archive.namelist()
