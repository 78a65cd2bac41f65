"""Ways to say a thing, written down as they are said."""

import re

# A place or thing that is asked about, as short as the rest of the phrase allows.
WANTED = {"place": r"([^\W\d_](?:[^\W\d_]|[ .,'-]){1,60}?)", "about": r"((?:[^?!:;.\n]|\.(?! )){2,100}?)"}
MOST_REPEATED = 4

PART = re.compile(r"<([a-z_]+)>")
OPTIONAL = re.compile(r"(?P<before> )?\[(?P<words>[^\[\]]*)\](?P<many>\*)?")
# At the beginning of words the space after it is left out with it.
LEADING_OPTIONAL = re.compile(r"(?:(?<=[(|])|(?<= \)\?)|^)\[(?P<words>[^\[\]]*)\] ")


def phrases(lines: str, **parts: str) -> re.Pattern[str]:
    """Return the pattern of messages that are one of these lines, with at most one group: what is wanted.

    (a|b) is either, [a] may be left out, [a|b]* may also be repeated, <name> is one of the parts, which may hold
    others, or <place> or <about>; a part of several lines is one of them.
    """
    parts = {name: either(part) for name, part in parts.items()}
    ways = [translated(line.strip(), parts) for line in lines.strip().splitlines()]
    return re.compile("|".join(ways))


def either(part: str) -> str:
    """Return a part as one line."""
    return f"({'|'.join(map(str.strip, part.strip().splitlines()))})" if "\n" in part else part


def translated(line: str, parts: dict[str, str]) -> str:
    """Return a line as a regular expression."""
    while any(name in parts for name in PART.findall(line)):
        line = PART.sub(lambda match: parts.get(match[1], match[0]), line)
    line = line.replace("(", "(?:")
    while "[" in line:
        found = LEADING_OPTIONAL.search(line) or OPTIONAL.search(line)
        if found is None:
            raise ValueError(f"A bracket is open: {line}")
        line = line[: found.start()] + optional(found) + line[found.end() :]
    return PART.sub(lambda match: WANTED[match[1]], line)


def optional(match: re.Match[str]) -> str:
    """Return words that may be left out, together with the space before them, or after them at the beginning."""
    if match.re is LEADING_OPTIONAL:
        return f"(?:(?:{match['words']}) )?"
    often = f"{{0,{MOST_REPEATED}}}" if match["many"] else "?"
    return f"(?:{match['before'] or ''}(?:{match['words']})){often}"
