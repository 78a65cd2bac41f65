"""Code blocks: a head with the language, and colours once the block is closed."""

from functools import cache
from html import escape
from time import thread_time
from typing import TYPE_CHECKING

from .cache import Cache

if TYPE_CHECKING:
    from pygments.lexer import Lexer

HIGHLIGHT_CHARS = 12_000
HIGHLIGHT_SECONDS = 0.05
COLD_ATTEMPTS = 3
LINE_CHARS = 1_000
LABEL_CHARS = 30

# What a block is called, and the words after the fence that call it so.
NAMES = {
    "Bash": "bash sh shell zsh",
    "C": "c",
    "C#": "c# cs csharp",
    "C++": "c++ cpp",
    "CSS": "css",
    "Clojure": "clojure",
    "Dart": "dart",
    "Diff": "diff udiff",
    "Dockerfile": "docker dockerfile",
    "Elixir": "elixir",
    "Erlang": "erlang",
    "Go": "go golang",
    "GraphQL": "graphql",
    "HTML": "html",
    "Haskell": "haskell hs",
    "INI": "ini",
    "JSON": "json",
    "JSX": "jsx",
    "Java": "java",
    "JavaScript": "javascript js",
    "Julia": "julia",
    "Kotlin": "kotlin",
    "LaTeX": "latex tex",
    "Lua": "lua",
    "Makefile": "make makefile",
    "Markdown": "markdown md",
    "Nginx": "nginx",
    "Nix": "nix",
    "OCaml": "ocaml",
    "Objective-C": "objective-c objectivec",
    "PHP": "php",
    "Perl": "perl",
    "PowerShell": "powershell ps1",
    "Properties": "properties",
    "Protobuf": "proto protobuf",
    "Python": "py python python3",
    "Python session": "pycon",
    "R": "r",
    "Ruby": "rb ruby",
    "Rust": "rs rust",
    "SCSS": "scss",
    "SQL": "sql",
    "Scala": "scala",
    "Shell session": "console",
    "Swift": "swift",
    "TOML": "toml",
    "Terraform": "terraform",
    "Text": "plain plaintext text txt",
    "TypeScript": "ts tsx typescript",
    "XML": "xml",
    "YAML": "yaml yml",
    "Zig": "zig",
}
LANGUAGES = {word: name for name, words in NAMES.items() for word in words.split()}

# The short class names that the stylesheet gives a colour; other tokens need no element of their own.
CLASS_NAMES = """
k kc kd kn kp kr kt ow s sa sb sc sd s2 se sh si sx sr s1 ss gi m mb mf mh mi mo il no nf fm nd na gh nc nb bp ne nt nn
c ch cm cp cpf c1 cs go gp err gd gr
"""
CLASSES = frozenset(CLASS_NAMES.split())

_highlighted = Cache(limit=1_000_000)
# Languages that have been coloured once. Until then a lexer spends most of its time on its own expressions, and those
# of the languages within (HTML holds CSS and JavaScript): the same text must not depend on who was asked first.
_warm: set[str] = set()


@cache
def _lexer(language: str) -> "Lexer":
    # Imported at the first code block: a server starts and rests without Pygments.
    from pygments.lexers import get_lexer_by_name

    return get_lexer_by_name(language, stripnl=False, ensurenl=False)


def _highlight(code: str, language: str) -> str:
    for _ in range(1 if language in _warm else COLD_ATTEMPTS):
        text = _coloured(code, language)
        if text is not None:
            _warm.add(language)
            return text
    return escape(code, quote=False)


def _coloured(code: str, language: str) -> str | None:
    """Return the code as HTML with colours, or nothing if that takes too long."""
    from pygments.token import STANDARD_TYPES

    parts: list[str] = []
    length = 0
    deadline = thread_time() + HIGHLIGHT_SECONDS
    for kind, value in _lexer(language).get_tokens(code):
        # Some lexers take quadratic time on odd code; what they cannot finish is shown without colours.
        if thread_time() > deadline:
            return None
        length += len(value)
        name = STANDARD_TYPES.get(kind)
        while name is None:
            kind = kind.parent
            name = STANDARD_TYPES.get(kind)
        text = escape(value, quote=False)
        parts.append(f'<span class="{name}">{text}</span>' if name in CLASSES else text)
    return "".join(parts) if length == len(code) else None


def _is_worth_colour(code: str, language: str) -> bool:
    if LANGUAGES.get(language, "Text") == "Text" or len(code) > HIGHLIGHT_CHARS:
        return False
    return len(code) <= LINE_CHARS or max(map(len, code.split("\n"))) <= LINE_CHARS


def colour(code: str, language: str) -> str:
    """Return code as escaped HTML, with a class on each token when its language is known and it is not too long."""
    if not _is_worth_colour(code, language):
        return escape(code, quote=False)
    return _highlighted.get((language, code), lambda: _highlight(code, language))


def figure(code: str, language: str, *, closed: bool) -> str:
    """Return a code block as HTML; one that is still being written is not coloured yet."""
    word = language.lower()
    name = LANGUAGES.get(word) or " ".join(language.split())[:LABEL_CHARS]
    label = f"{name} code" if name else "Code"
    inner = colour(code, word) if closed else escape(code, quote=False)
    return (
        f'<figure class="code"><figcaption class="code-head"><span>{escape(name or "Code")}</span></figcaption>'
        f'<pre tabindex="0" role="group" aria-label="{escape(label)}"><code>{inner}</code></pre></figure>'
    )
