"""What the shape of a message tells in any language: code, traces, logs, error codes, questions."""

import re
from typing import NamedTuple

# Lines of a program are short.
LINE_CHARACTERS = 160
# A line of a program, by how it begins, by how it ends, and by what stands in it.
CODE_BEGINS = re.compile(
    r"[ \t]{0,40}(?:def \w|class \w+[:({ ]|function\b ?\w*\(|func \w|fn \w|pub fn|public |private |protected |static "
    r"|import [\w{*]|from [\w.]+ import|#include|const \w|let \w|var \w|using \w+;|package \w|(?:for|if|while) ?\("
    r"|for \w+(?:, ?\w+)? in .{1,80}:|(?:if|while) .{1,80}:$|else:|elif |try:|except\b.{0,40}:|return\b|print\("
    r"|@\w+$|SELECT\b.{1,99}\bFROM\b|INSERT INTO|UPDATE \w+ SET|DELETE FROM|CREATE TABLE|<\w+[^<>]{0,80}>|end$|\}|#!/)"
)
CODE_ENDS = re.compile(r"(?:[;{}]|\)\s?=>|\):)[ \t]{0,8}$")
CODE_WITHIN = re.compile(
    r"\w\(\w*(?:, ?\w+){0,4}\)[;.{ =:]|=>|==|!=|\+=|&&|\|\||\w\[\w+\]|\w = [\w'\"\[{(]|->|<-|::\w|\w\.\w+\(|</\w+>"
    r"|\$\w+ ?=|\bfor ?\(\w|\bSELECT [\w*].{1,99}\bFROM\b"
)
# What stands in code has one of these.
CODE_SIGNS = frozenset("([{<>=&|:$S")
FENCE = re.compile(r"```|~~~")
INLINE_CODE = re.compile(r"`[^`\n]{1,80}`")

TRACE = re.compile(
    r"Traceback \(most recent|^[ \t]{0,40}at [\w.$<>/@ ]{1,200}\(|File \"[^\"\n]{1,200}\", line \d|Exception in thread"
    r"|panicked at|Caused by:|goroutine \d+ \[|Require stack:|^[ \t]{0,8}#\d{1,3} 0x|Stack trace:|core dumped"
    r"|\.\w{1,5}:\d+:\d+",
    re.MULTILINE,
)
ERROR_NAME = re.compile(
    r"\b[A-Z]\w{0,60}(?:Error|Exception)\b|\bE(?:ACCES|PERM|NOENT|EXIST|BUSY|INVAL|PIPE|NOSPC|MFILE|ISDIR|NOTDIR)\b"
    r"|\bE(?:CONN|ADDR|HOST|NET)[A-Z]{4,12}\b|\bE(?:TIMEDOUT|NOTFOUND|RESOLVE|LIFECYCLE|AI_AGAIN)\b|\bSIG(?:SEGV|KILL|ABRT|TERM)\b|\bCrashLoopBackOff\b"
)
ERROR_CODE = re.compile(
    r"\b0x[0-9a-fA-F]{6,16}\b|\b[EF]-?\d{2,4}\b|\b(?:ERR|NS_ERROR|DXGI|STOP)_[A-Z_]{2,60}\b|\bORA-\d+|\b(?:TS|CS)\d{4}\b"
    r"|\b[Ee]rrno \d|\b(?:HTTP|[Ss]tatus|[Ee]rror|[Ff]ehler|[Ee]rreur|[Cc]ode) ?\d{3,5}\b"
)
ERROR_LINE = re.compile(
    r"^[ \t]{0,8}(?:(?:fatal|error|npm err|warning|fehler|erreur|critical|severe|panic|uncaught)\b[^\n:]{0,40}[:!]"
    r"|E: |bash: |zsh: |sh: |ld: |gcc: )",
    re.MULTILINE | re.IGNORECASE,
)
LOG_LINE = re.compile(
    r"^\W{0,2}(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d|[A-Z][a-z]{2} {1,2}\d{1,2} \d\d:\d\d:\d\d|\d\d:\d\d:\d\d[.,]?\d{0,6} )"
    r"|\b(?:ERROR|WARN|FATAL|CRITICAL|SEVERE)\b(?:[\]:]| [a-z\[])",
    re.MULTILINE,
)
PROMPT = re.compile(
    r"^[ \t]{0,8}(?:\$ \w|>>> |In \[\d+\]:|PS [A-Z]:|[A-Z]:\\[^\n>]{0,80}>"
    r"|[\w-]{1,32}@[\w-]{1,32}[:~ ][^\n$#]{0,60}[$#] )",
    re.MULTILINE,
)
CODE_FILE = re.compile(
    r"\w\.(?:py|ipynb|m?js|jsx|tsx?|java|kt|swift|cc?|cpp|hp?p?|cs|rb|go|rs|php|pl|lua|sql|sh|bat|ps1|r|jl|html?|s?css|vue"
    r"|json|ya?ml|toml|xml)\b",
    re.IGNORECASE,
)
SUM = re.compile(r"\d ?(?:%|[-+*/×÷^]) ?(?:of|von|de|\d)")
QUESTION = re.compile(r"[?？؟]")


class Shape(NamedTuple):
    """The signals that a message's shape gives, and its prose: what is neither code nor a log."""

    signals: frozenset[str]
    prose: str


SHAPES = {
    "trace": TRACE,
    "error name": ERROR_NAME,
    "error code": ERROR_CODE,
    "error line": ERROR_LINE,
    "log": LOG_LINE,
    "prompt": PROMPT,
    "code file": CODE_FILE,
    "inline code": INLINE_CODE,
    "sum": SUM,
}


def shape(text: str) -> Shape:
    """Return the shape of a readable message."""
    signals = {name for name, pattern in SHAPES.items() if pattern.search(text)}
    prose, fenced = without_fences(text)
    if fenced:
        signals.add("code")
        signals.add("fence")
    machine = [SHAPES[name] for name in ("log", "trace") if name in signals]
    lines = []
    for number, line in enumerate(prose.split("\n")):
        if any(pattern.search(line) for pattern in machine):
            continue
        if is_code(line):
            signals.add("code")
            # The first line says what is wanted, with the code behind it.
            if number or " " not in line.strip():
                continue
        lines.append(line)
    prose = "\n".join(lines)
    if QUESTION.search(prose):
        signals.add("question")
    if not prose.strip():
        signals.add("nothing said")
    return Shape(frozenset(signals), prose)


def without_fences(text: str) -> tuple[str, bool]:
    """Return a text without what stands between code fences, and whether there were any."""
    parts = FENCE.split(text)
    return "\n".join(parts[::2]), len(parts) > 1


def is_code(line: str) -> bool:
    """Tell whether a line looks like a line of a program."""
    ends = line[-LINE_CHARACTERS:]
    line = line[:LINE_CHARACTERS]
    if CODE_BEGINS.match(line) or CODE_ENDS.search(ends):
        return True
    return not CODE_SIGNS.isdisjoint(line) and bool(CODE_WITHIN.search(line))
