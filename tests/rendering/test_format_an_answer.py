"""Markdown becomes the HTML that the stylesheet expects."""

from collections.abc import Iterator
from time import thread_time

import pytest
from pygments.lexer import Lexer
from pygments.lexers import get_lexer_by_name

from conversations.rendering import blocks, code, render

from .checks import faults, words

LINK = 'rel="noopener noreferrer nofollow"'


def test_a_paragraph_keeps_its_emphasis():
    assert render("a *b* **c** ~~d~~ `e`") == "<p>a <em>b</em> <strong>c</strong> <del>d</del> <code>e</code></p>"


def test_an_empty_text_has_no_blocks():
    assert blocks("") == blocks(" \n\n \t\n") == []
    assert render("") == ""


def test_blocks_joined_are_the_whole_rendering():
    text = "# A\n\nb\n\n- c\n- d\n\n> e\n\n```\nf\n```\n\n---\n"
    assert len(blocks(text)) == 6
    assert "".join(blocks(text)) == render(text)


@pytest.mark.parametrize("mark", ["#", "##"])
def test_headings_of_an_answer_are_level_three(mark: str):
    assert render(f"{mark} Title") == "<h3>Title</h3>"


@pytest.mark.parametrize("mark", ["###", "####", "######"])
def test_deeper_headings_look_smaller_and_skip_no_level(mark: str):
    assert render(f"{mark} Title") == '<h3 class="minor">Title</h3>'


def test_a_table_scrolls_inside_a_labelled_box():
    html = render("| a | b |\n|---|--:|\n| 1 | 2 |")
    assert html.startswith('<div class="table-scroll" tabindex="0" role="group" aria-label="Table"><table>')
    assert '<th scope="col">a</th>' in html
    assert '<th scope="col" align="right">b</th>' in html
    assert '<td align="right">2</td>' in html
    assert "<thead>" in html
    assert html.endswith("</table></div>")


def test_a_task_has_its_box_and_words_in_one_label():
    html = render("- [x] done\n- [ ] to do\n  - [ ] part\n")
    assert html.startswith('<ul class="tasks">')
    assert '<li><label><input type="checkbox" disabled="" checked=""> done</label></li>' in html
    assert '<label><input type="checkbox" disabled=""> to do</label>\n<ul class="tasks">' in html


def test_a_task_of_several_paragraphs_labels_the_first():
    html = render("- [ ] first\n\n  second\n- [x] third\n")
    assert '<li><p><label><input type="checkbox" disabled=""> first</label></p>\n<p>second</p>' in html
    assert faults(html) == []


def test_a_task_with_code_under_it_labels_only_its_words():
    html = render("- [ ] run this\n  ```sh\n  ls\n  ```\n")
    assert '<label><input type="checkbox" disabled=""> run this</label>\n<figure class="code">' in html


def test_a_numbered_list_keeps_its_first_number():
    assert render("3. a\n4. b").startswith('<ol start="3">')


def test_a_web_link_opens_elsewhere_and_tells_nobody():
    assert render("[a](https://x.org 'b')") == (
        f'<p><a href="https://x.org" title="b" target="_blank" {LINK}>a</a></p>'
    )


def test_a_bare_address_becomes_a_link():
    assert render("see www.x.org") == f'<p>see <a href="http://www.x.org" target="_blank" {LINK}>www.x.org</a></p>'
    assert render("a@x.org") == f'<p><a href="mailto:a@x.org" {LINK}>a@x.org</a></p>'


def test_a_link_definition_is_used():
    assert 'href="https://x.org"' in render("[a]\n\n[a]: https://x.org")


@pytest.mark.parametrize("address", ["/admin", "page.html", "#top", "//x.org/y", "?q=1", "ftp://x.org", "tel:1", ""])
def test_a_link_that_does_not_lead_to_the_web_shows_only_its_words(address: str):
    assert render(f"[words]({address})") == "<p>words</p>"


def test_an_image_becomes_a_link_with_its_words():
    assert render("![a cat](https://x.org/cat.png)") == (
        f'<p><a class="chip" href="https://x.org/cat.png" target="_blank" {LINK}>a cat</a></p>'
    )
    assert render("![](https://x.org/cat.png)").count(">Image</a>") == 1


def test_an_image_in_a_link_shows_its_words_inside_the_link():
    assert render("[![build](https://x.org/b.svg)](https://x.org)") == (
        f'<p><a href="https://x.org" target="_blank" {LINK}>build</a></p>'
    )


def test_an_image_from_nowhere_shows_its_words():
    assert render("![a cat](data:image/png;base64,AAAA)") == '<p><span class="chip">a cat</span></p>'


def test_a_link_never_holds_a_link():
    html = render("[see <https://a.org> there](https://b.org) and [c](https://c.org)")
    assert faults(html) == []
    assert words(html) == "see https://a.org there and c"


def test_raw_html_is_shown_as_it_was_written():
    assert words(render("<details>\n\n*hidden* <b>x</b>\n\n</details>")) == "<details>hidden <b>x</b></details>"


def test_text_after_raw_html_is_still_formatted():
    assert render("<div>\n**a**\n</div>").count("<strong>a</strong>") == 1
    assert render("<!-- never closed\n\n# Title").endswith("<h3>Title</h3>")


# Code


def test_code_has_a_head_a_label_and_colours():
    html = render("```python\ndef f():\n    return 1\n```")
    assert html.startswith('<figure class="code"><figcaption class="code-head"><span>Python</span></figcaption>')
    assert '<pre tabindex="0" role="group" aria-label="Python code"><code>' in html
    assert '<span class="k">def</span> <span class="nf">f</span>():' in html


@pytest.mark.parametrize("language", ["nosuchlanguage", "", "../../etc", "python\x00"])
def test_code_of_an_unknown_language_is_shown_without_colours(language: str):
    html = render(f"```{language}\ndef f(): <b>\n```")
    assert "def f(): &lt;b&gt;" in html
    assert "<span class=" not in html


def test_code_keeps_every_character():
    code = "\n\n  a\t<b> &amp; \"q\" 'r'   \n\n\tif x < y:\n\n\n"
    for language in ("python", "js", "text", "html", "yaml", "console"):
        html = render(f"```{language}\n{code}```")
        shown = html.partition("<code>")[2].partition("</code>")[0]
        assert words(f"<code>{shown}</code>") == code, language


def test_indented_code_has_no_language():
    assert '<span>Code</span></figcaption><pre tabindex="0" role="group" aria-label="Code">' in render("    x = 1")


def test_very_long_code_is_shown_without_colours():
    html = render("```python\n" + "x = 1\n" * 5_000 + "```")
    assert "<span class=" not in html
    assert words(html).count("x = 1") == 5_000


def test_every_known_language_has_colours_available():
    from conversations.rendering.code import LANGUAGES, colour

    for language in LANGUAGES:
        assert "a" in words(f"<code>{colour('a = 1', language)}</code>"), language


# Formulas


@pytest.mark.parametrize("text", ["$x^2$", r"\(x^2\)", "$`x^2`$"])
def test_a_formula_in_a_line_becomes_mathml(text: str):
    assert render(text) == "<p><math><msup><mi>x</mi><mn>2</mn></msup></math></p>"


@pytest.mark.parametrize("text", ["$$x^2$$", "$$\nx^2\n$$", r"\[x^2\]", "\\[\nx^2\n\\]", "```math\nx^2\n```"])
def test_a_formula_of_its_own_becomes_display_mathml(text: str):
    assert '<math display="block"><msup><mi>x</mi><mn>2</mn></msup></math>' in render(text)


def test_aligned_formulas_keep_their_sides_without_inline_style():
    html = render(r"$$\begin{aligned}a &= b \\ c &= d\end{aligned}$$")
    assert '<mtd class="end"><mi>a</mi></mtd><mtd class="start"><mo>=</mo>' in html
    assert " style=" not in html


def test_prices_are_not_formulas():
    assert render("between $5 and $10, or $3") == "<p>between $5 and $10, or $3</p>"


def test_a_formula_that_is_not_understood_is_shown_as_written():
    assert render(r"$\nosuchcommand{x}$") == r"<p><code>$\nosuchcommand{x}$</code></p>"
    assert render(r"$$a < \ce{b}$$") == r"<p><code>$$a &lt; \ce{b}$$</code></p>"


def test_a_formula_in_code_stays_code():
    assert render("`$x$`") == "<p><code>$x$</code></p>"


# Length


def test_a_long_passage_gets_a_box_of_its_own():
    html = render("word " * 5_000)
    assert html.startswith('<div class="long" tabindex="0" role="group" aria-label="Long passage"><p>word')
    assert faults(html) == []


def test_the_end_of_a_very_long_message_is_shown_without_format_and_says_so():
    text = "**a** b\n\n" * 20_000
    found = blocks(text)
    assert found[0] == "<p><strong>a</strong> b</p>"
    assert any("too long to be formatted" in block for block in found)
    assert "**a** b" in found[-1]
    assert sum(words(block).count("b") for block in found if "too long" not in block) == 20_000


def test_a_lexer_that_is_slow_only_at_first_colours_the_first_text_too(monkeypatch: pytest.MonkeyPatch):
    lexer = Slow(get_lexer_by_name("python", ensurenl=False), times=2)
    monkeypatch.setattr(code, "_lexer", lambda language: lexer)
    monkeypatch.setattr(code, "_warm", set())
    assert '<span class="k">' in code.colour("return 20261121", "python")
    lexer.times = 1
    assert "<span" not in code.colour("return 20261122", "python")


class Slow:
    """A lexer that takes too long the next few times."""

    def __init__(self, lexer: Lexer, times: int):
        self.lexer = lexer
        self.times = times

    def get_tokens(self, text: str) -> Iterator[tuple]:
        if self.times:
            self.times -= 1
            late = thread_time() + code.HIGHLIGHT_SECONDS
            while thread_time() <= late:
                pass
        yield from self.lexer.get_tokens(text)
