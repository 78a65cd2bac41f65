"""Every page can be read and used by everybody: checked by axe in both themes, on wide and narrow screens."""

from functools import cache
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page, expect

from .screen import Screen, too_wide

pytestmark = pytest.mark.browser

WIDE = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
THEMES = ("light", "dark")

RICH = """\
## A table, a list and code

| what | how much | why |
|---|---:|---|
| insulation | 12 cm | keeps a very long explanation in a cell of its own |
| windows | 3 | `triple_glazing=True` |

1. First, *measure*.
2. Then decide:
   - [x] the roof
   - [ ] the cellar

> Said by [somebody](https://example.org/a-long-address-without-any-space-in-it-that-goes-on-and-on-and-on).

```python
class House:
    \"\"\"A house, and a long line that does not fit a phone: it scrolls inside of its frame and nowhere else.\"\"\"

    def loss(self, inside: float = 20.5) -> float:  # watts
        return sum(wall.area * wall.u for wall in self.walls) * (inside - self.outside)
```

The formula is $P = U A \\Delta T$, and in full:

$$\\int_0^{24} U A (T_i - T_a(t))\\,dt = \\frac{Q}{\\eta}$$
"""

# Pages for people who are not signed in, and for those who are.
PUBLIC = {
    "landing": "/",
    "sign in": "/accounts/login/",
    "sign up": "/accounts/signup/",
    "forgotten password": "/accounts/password/reset/",
    "link sent": "/accounts/password/reset/done/",
    "link too old": "/accounts/password/reset/key/1-none/",
    "not found": "/nothing/",
}
PRIVATE = {
    "new chat": "/chat/",
    "change password": "/accounts/password/change/",
    "readings": "/readings/",
    "sign out": "/accounts/logout/",
    "conversation": "",
    "summary": "summary/",
    "archive": "/chat/archive/",
    "tags": "/chat/tags/",
    "search": "/search/?q=house",
    "share": "share/",
    "your data": "/data/",
}


@cache
def axe() -> str:
    """Return axe-core, which the package ships."""
    return (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()


# Only what is wrong leaves the page: all that axe has looked at is a lot.
BARRIERS = """
    async () => {
      const { violations } = await axe.run(document, { resultTypes: ["violations"] });
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`));
    }
"""


def barriers(page: Page) -> list[str]:
    """Return what axe has to say against a page."""
    return page.evaluate(BARRIERS)


def examine(page: Page) -> dict[str, list[str]]:
    """Return what is wrong with a page in each theme and size, for those where something is."""
    # From outside, where the content security policy does not apply.
    page.context.new_cdp_session(page).send("Runtime.evaluate", {"expression": axe()})
    wrong = {}
    for theme in THEMES:
        page.emulate_media(color_scheme=theme)
        for size in (WIDE, PHONE):
            page.set_viewport_size(size)
            if found := barriers(page):
                wrong[f"{theme} {size['width']}"] = found
    return wrong


@pytest.fixture(scope="package")
def full(browser, ada, fake) -> str:
    """The address of a conversation with everything in it: thoughts, a table, code, a formula, versions, failures."""
    context = ada.enter(browser.new_context())
    screen = Screen(context.new_page(), ada).open()
    fake.script(text=RICH, thinking="The question is about a house.", rate=None)
    screen.ask_whole("How do I insulate a house?\n\nIt is old. https://example.org/" + "long" * 30)
    fake.script(text="In short: well.", rate=None)
    screen.page.get_by_role("button", name="Answer again").click()
    expect(screen.page.locator(".versions")).to_contain_text("2 / 2")
    screen.page.get_by_role("button", name="Previous version").click()
    expect(screen.page.locator(".versions")).to_contain_text("1 / 2")
    fake.script(end="error", part=0, error="out of memory")
    screen.ask_whole("Does it fail?")
    fake.script(text="It broke off here, in the middle of it.", end="error", part=0.5, error="gone")
    screen.ask_whole("Does it break off?")
    fake.script(text="word " * 400, rate=50)
    screen.ask("Can it be stopped?")
    screen.writing()
    screen.page.keyboard.press("Escape")
    screen.at_rest()
    path = screen.path
    context.close()
    return path


@pytest.mark.parametrize("name", PUBLIC)
def test_a_page_for_everybody_has_no_barrier_and_fits_a_narrow_window(window, ada, name):
    page = window(ada, signed_in=False).new_page()
    page.goto(ada.url + PUBLIC[name])
    assert examine(page) == {}
    assert too_wide(page) <= 0


@pytest.mark.parametrize("name", PRIVATE)
def test_a_page_of_ones_own_has_no_barrier_and_fits_a_narrow_window(window, ada, full, name):
    page = window(ada).new_page()
    page.goto(ada.url + (PRIVATE[name] if PRIVATE[name].startswith("/") else full + PRIVATE[name]))
    for fold in page.locator("details.fold:not([hidden])").all():
        fold.locator("summary").click()
    assert examine(page) == {}
    assert too_wide(page) <= 0


def test_a_refused_form_has_no_barrier(window, ada):
    page = window(ada, signed_in=False).new_page()
    page.goto(f"{ada.url}/accounts/signup/")
    page.get_by_label("E-mail").fill(ada.email)
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_role("button", name="Create account").click()
    expect(page.locator(".error").first).to_be_visible()
    assert examine(page) == {}
    assert too_wide(page) <= 0


def test_menus_dialogs_and_the_open_edit_have_no_barrier(window, ada, full):
    page = window(ada).new_page()
    page.goto(ada.url + full)
    for opener in ("model-menu", "session-menu", "user-menu", "copy-menu", "again-menu"):
        page.locator(f"[popovertarget={opener}]").first.click()
        expect(page.locator(f"#{opener}")).to_be_visible()
        page.context.new_cdp_session(page).send("Runtime.evaluate", {"expression": axe()})
        assert barriers(page) == []
        page.keyboard.press("Escape")
    page.locator("[popovertarget=session-menu]").click()
    page.get_by_role("button", name="Export…").click()
    expect(page.locator("#export")).to_be_visible()
    assert barriers(page) == []
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("house")
    expect(page.locator("#palette mark").first).to_be_visible()
    assert examine(page) == {}
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Good answer").last.click()
    page.get_by_text("Say why").click()
    assert examine(page) == {}
    page.set_viewport_size(WIDE)
    question = page.locator(".message.user").first
    question.hover()
    question.locator(".edit > summary").click()
    assert barriers(page) == []
    for verb, opened in (("Rename", ".rename"), ("Tags…", "dialog[open]"), ("Select several", ".side-choose")):
        row = page.locator(".chat-item").first
        row.hover()
        row.get_by_role("button").click()
        page.get_by_role("button", name=verb, exact=True).click()
        expect(page.locator(opened)).to_be_visible()
        assert barriers(page) == []
        page.keyboard.press("Escape")
        expect(page.locator(opened)).to_be_hidden()


def test_an_answer_being_written_has_no_barrier(screen):
    screen.ask("Being written, tokens=4000")
    screen.writing()
    assert examine(screen.page) == {}
    screen.page.keyboard.press("Escape")
    screen.at_rest()


def test_the_drawer_opens_and_closes_on_a_phone(window, ada, full):
    page = window(ada, viewport=PHONE).new_page()
    page.goto(ada.url + full)
    sidebar = page.locator("#sidebar")
    expect(sidebar).to_be_hidden()
    page.get_by_role("button", name="Open sidebar").click()
    expect(sidebar).to_be_visible()
    page.context.new_cdp_session(page).send("Runtime.evaluate", {"expression": axe()})
    assert barriers(page) == []
    page.get_by_role("button", name="Close sidebar").click()
    expect(sidebar).to_be_hidden()


def test_the_sidebar_folds_away_on_a_wide_screen(screen):
    sidebar = screen.page.locator("#sidebar")
    screen.page.get_by_role("button", name="Close sidebar").click()
    expect(sidebar).to_be_hidden()
    expect(screen.page.get_by_role("button", name="Open sidebar")).to_be_focused()
    screen.page.get_by_role("button", name="Open sidebar").click()
    expect(sidebar).to_be_visible()


def test_the_first_stop_of_the_keyboard_leads_to_the_content(window, ada, full):
    page = window(ada).new_page()
    page.goto(ada.url + full)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
