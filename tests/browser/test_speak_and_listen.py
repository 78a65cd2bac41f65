"""Dictation by the browser and by the server, and answers that are read aloud."""

import pytest
from playwright.sync_api import Page, expect

from tests.fake_model.speech import SAID

from .people import sign_up
from .screen import Screen

pytestmark = pytest.mark.browser

# A recognition that says what the test lets it say.
RECOGNITION = """
    window.SpeechRecognition = window.webkitSpeechRecognition = class {
      start() { window.listening = this; window.spoken = []; }
      stop() { this.onend(); }
      abort() { this.onerror({ error: "aborted" }); this.onend(); }
    };
    window.hear = (...results) => listening.onresult({
      results: results.map(([transcript, isFinal]) => Object.assign([{ transcript }], { isFinal })),
    });
"""
NO_RECOGNITION = """
    Object.defineProperty(window, "SpeechRecognition", { value: undefined });
    Object.defineProperty(window, "webkitSpeechRecognition", { value: undefined });
"""
# A voice that takes a moment for each sentence, and remembers what it said.
VOICE = """
    window.said = [];
    let timer;
    Object.defineProperty(window, "speechSynthesis", { value: {
      speak(utterance) { said.push(utterance.text); timer = setTimeout(() => utterance.onend?.(), 20); },
      cancel() { clearTimeout(timer); said.push("(stopped)"); },
    } });
"""


def fail_with(name: str) -> str:
    return f"navigator.mediaDevices.getUserMedia = async () => {{ throw new DOMException('', '{name}'); }};"


@pytest.fixture
def open_with(window, ada):
    """Opens an empty chat in a browser that can what a script says."""

    def opened(script: str, person=ada, **options) -> Screen:
        page: Page = window(person, **options).new_page()
        page.add_init_script(script)
        screen = Screen(page, person).open()
        expect(page.locator("chat-thread:defined")).to_be_attached()
        return screen

    return opened


def mic(screen: Screen):
    return screen.page.locator("[data-dictate]")


def panel(screen: Screen):
    return screen.page.locator("[data-voice]")


def heard(screen: Screen):
    return panel(screen).locator("[data-heard]")


def test_what_is_said_is_written_where_the_cursor_is(open_with):
    screen = open_with(RECOGNITION)
    screen.composer.fill("Dear Ada, ")
    mic(screen).click()
    expect(heard(screen)).to_have_text("Listening…")
    expect(mic(screen)).to_have_attribute("aria-pressed", "true")
    screen.page.evaluate("hear(['the lea', false])")
    expect(heard(screen)).to_have_text("the lea")
    expect(screen.composer).to_have_value("Dear Ada, ")
    screen.page.evaluate("hear(['the lease ends', true], [' in M', false])")
    expect(screen.composer).to_have_value("Dear Ada, the lease ends")
    expect(heard(screen)).to_have_text("in M")
    screen.page.evaluate("hear(['the lease ends', true], [' in May', true])")
    panel(screen).get_by_role("button", name="Done", exact=True).click()
    expect(panel(screen)).to_be_hidden()
    expect(screen.composer).to_have_value("Dear Ada, the lease ends in May")
    expect(screen.composer).to_be_focused()
    expect(screen.problem).to_be_hidden()


def test_the_language_is_chosen_and_remembered(open_with):
    screen = open_with(RECOGNITION, locale="fr-FR")
    mic(screen).click()
    expect(panel(screen)).to_be_visible()
    assert screen.page.evaluate("listening.lang") == "fr-FR"
    # The page speaks French to whoever reads it.
    panel(screen).get_by_label("Langue").select_option("it-IT")
    screen.until(lambda: screen.page.evaluate("listening.lang") == "it-IT")
    screen.reload()
    mic(screen).click()
    expect(panel(screen)).to_be_visible()
    assert screen.page.evaluate("listening.lang") == "it-IT"


def test_it_shows_how_loud_it_is(open_with):
    screen = open_with(RECOGNITION)
    mic(screen).click()
    level = panel(screen).locator("[data-level]")
    screen.until(lambda: level.evaluate("meter => meter.value") > 0, what="The fake microphone hums")


def test_escape_gives_up_and_stops_no_answer(open_with, fake):
    screen = open_with(RECOGNITION)
    fake.hold()
    screen.ask("Tell me of tides. tokens=400")
    screen.writing()
    mic(screen).click()
    expect(panel(screen)).to_be_visible()
    screen.page.evaluate("hear(['never mind', false])")
    screen.page.keyboard.press("Escape")
    expect(panel(screen)).to_be_hidden()
    expect(screen.composer).to_have_value("")
    expect(screen.stop_button).to_be_visible()
    fake.release()
    screen.at_rest()
    expect(screen.ends.last).to_have_attribute("data-status", "completed")


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("not-allowed", "The microphone is not allowed for this site."),
        ("audio-capture", "No microphone was found."),
        ("network", "speech recognition cannot be reached."),
        ("no-speech", "Nothing was heard."),
    ],
)
def test_what_the_recognition_cannot_do_is_said(open_with, code, words):
    screen = open_with(RECOGNITION)
    mic(screen).click()
    expect(panel(screen)).to_be_visible()
    screen.until(lambda: screen.page.evaluate("Boolean(window.listening)"))
    screen.page.evaluate("code => { listening.onerror({ error: code }); listening.onend(); }", code)
    expect(screen.problem).to_contain_text(words)
    expect(panel(screen)).to_be_hidden()


def test_without_recognition_a_recording_is_sent_to_the_server(open_with, fake):
    screen = open_with(NO_RECOGNITION)
    screen.composer.fill("Remember:")
    mic(screen).click()
    expect(heard(screen)).to_contain_text("Recording, 0:01")
    mic(screen).click()
    expect(screen.composer).to_have_value(f"Remember: {SAID}")
    expect(panel(screen)).to_be_hidden()
    seen = [each for each in fake.client.get("/_seen").json() if each["path"] == "/v1/audio/transcriptions"]
    assert seen[-1]["body"]["file"]["size"] > 1000


def test_a_recording_that_is_given_up_is_not_sent(open_with):
    screen = open_with(NO_RECOGNITION)
    sent = []
    screen.page.on("request", lambda request: "transcriptions" in request.url and sent.append(request))
    mic(screen).click()
    expect(heard(screen)).to_contain_text("Recording")
    screen.page.keyboard.press("Escape")
    expect(panel(screen)).to_be_hidden()
    screen.page.wait_for_timeout(300)
    assert sent == []


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (fail_with("NotAllowedError"), "The microphone is not allowed for this site."),
        (fail_with("NotFoundError"), "No microphone was found."),
        (fail_with("NotReadableError"), "Another program may have it."),
        ("delete window.MediaRecorder;", "This browser cannot use a microphone."),
        ("Object.defineProperty(window, 'isSecureContext', { value: false });", "begins with https"),
    ],
)
def test_why_nothing_can_be_recorded_is_said(open_with, script, words):
    screen = open_with(NO_RECOGNITION + script)
    mic(screen).click()
    expect(screen.problem).to_contain_text(words)
    expect(panel(screen)).to_be_hidden()


def test_a_browser_that_cannot_record_lets_the_microphone_go(open_with):
    script = """
        window.MediaRecorder = class { constructor() { throw new DOMException("", "NotSupportedError"); } };
        const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
        navigator.mediaDevices.getUserMedia = async wanted => window.microphone = await ask(wanted);
    """
    screen = open_with(NO_RECOGNITION + script)
    mic(screen).click()
    expect(screen.problem).to_contain_text("This browser cannot use a microphone.")
    assert screen.page.evaluate("microphone.getTracks().map(track => track.readyState)") == ["ended"]


def test_without_a_transcription_server_that_is_said(open_with, small):
    screen = open_with(NO_RECOGNITION, person=sign_up(small.url))
    mic(screen).click()
    expect(screen.problem).to_contain_text("this server does not do it either")


ANSWER = """## A title

First *one* sentence. Then a [second](https://example.org) one.

```python
print(1)
```

- A point
- Another"""


def test_an_answer_is_read_aloud_without_its_formatting(open_with, fake):
    screen = open_with(VOICE)
    fake.script(text=ANSWER)
    screen.ask_whole("What is there?")
    speaker = screen.ends.last.get_by_role("button", name="Read this answer aloud", exact=True)
    speaker.click()
    screen.until(lambda: screen.page.evaluate("said.at(-1) === '(stopped)'"))
    assert screen.page.evaluate("said") == [
        "A title.",
        "First one sentence.",
        "Then a second one.",
        "A code block is left out.",
        "A point.",
        "Another.",
        "(stopped)",
    ]
    expect(speaker).to_have_attribute("aria-pressed", "false")


def test_an_answer_is_read_while_it_is_written_and_stops_when_told(open_with, fake):
    screen = open_with(VOICE)
    speaker = screen.page.locator("[data-while-writing]")
    expect(speaker).to_be_hidden()
    fake.hold()
    screen.ask("Tell me of tides. tokens=800")
    screen.writing()
    speaker.click()
    screen.until(lambda: screen.page.evaluate("said.length > 2"))
    expect(screen.stop_button).to_be_visible()
    speaker.click()
    expect(speaker).to_have_attribute("aria-pressed", "false")
    count = screen.page.evaluate("said.length")
    assert screen.page.evaluate("said.at(-1)") == "(stopped)"
    fake.release()
    screen.at_rest()
    assert screen.page.evaluate("said.length") == count


def test_a_browser_without_a_voice_says_so(open_with):
    screen = open_with("Object.defineProperty(window, 'speechSynthesis', { value: undefined });")
    screen.ask_whole("What is a tide? tokens=10")
    screen.ends.last.get_by_role("button", name="Read this answer aloud", exact=True).click()
    expect(screen.problem).to_contain_text("This browser cannot read aloud.")
