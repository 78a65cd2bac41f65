"""What the renderer itself says in a block, in the language of its reader: a block is rendered once, for everybody."""

import re
from collections.abc import Iterable

from django.utils.translation import get_language, gettext


def _(words: str) -> str:
    """Mark words for the catalogs; the renderer works where Django is not set up too."""
    return words


REST_NOTICE = _("The rest of this message is too long to be formatted and is shown as plain text.")
SAID = {_("Code"), _("Image"), _("Long passage"), _("Table"), REST_NOTICE}
OF_CODE, OF_CODE_IN_ENGLISH = _("%(language)s code"), " code"
# A text of a model keeps no `<` of its own, and a value of an attribute no quotation mark.
LABEL = re.compile(
    r'((?:<div class="(?:long|table-scroll)"|<pre) tabindex="0" role="group" aria-label=")([^"]*)(?=")'
    r'|(<figcaption class="code-head"><span>)(Code)(?=</span>)'
    r'|(<(?:a|span) class="chip"[^>]*>)(Image)(?=</)'
    rf"|(^<p><em>)({re.escape(REST_NOTICE)})(?=</em></p>$)"
)
MAY_HOLD_ONE = re.compile('<div|<pre|<p><em>|class="chip"')


def translated(blocks: Iterable[str]) -> list[str]:
    """Return rendered blocks with their labels in the language that is spoken now."""
    if (get_language() or "en").partition("-")[0] == "en":
        return list(blocks)
    return [LABEL.sub(_said, block) if MAY_HOLD_ONE.search(block) else block for block in blocks]


def _said(found: re.Match[str]) -> str:
    before, label = (group for group in found.groups() if group is not None)
    if label in SAID:
        return before + gettext(label)
    return before + gettext(OF_CODE) % {"language": label.removesuffix(OF_CODE_IN_ENGLISH)}
