"""Sentences that rows keep, or that news carries to several people, in English: here they become the reader's own.

What wrote them (a model's server, the parser of a file, a rule) does not know who will read them.
"""

import re
from functools import cache

from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_noop as _

# Whole sentences, and those with something in them; what stands in TRANSLATED is a sentence or word of this list too.
SENTENCES = [
    # Why there is no answer, or no whole one.
    _("The model took too long."),
    _("Nothing more came for five minutes."),
    _("%(server)s did not accept a connection."),
    _("%(server)s has no certificate that this machine trusts."),
    _("%(server)s cannot be reached. Is it running?"),
    _("The address of %(server)s is not a valid URL."),
    _("%(server)s closed the connection in the middle of the answer."),
    _("%(server)s closed the connection without an answer."),
    _("%(server)s sent something that is not HTTP."),
    _("%(server)s has no model named %(model)s."),
    _("%(server)s is busy."),
    _("%(server)s is busy: %(because)s"),
    _("%(server)s did not accept the API key of this installation. Tell the people who run it."),
    _("%(server)s does not let this installation in."),
    _("%(server)s does not let this installation in: %(because)s"),
    _("%(server)s answers with a redirect. Is its address right?"),
    _("%(server)s refused the request."),
    _("%(server)s refused the request: %(because)s"),
    _("%(server)s failed while it answered: it gave no reason"),
    _("%(server)s failed while it answered: %(because)s"),
    _("%(server)s failed."),
    _("%(server)s failed: %(because)s"),
    _("%(server)s sent something that cannot be understood."),
    _("%(server)s stopped in the middle of the answer."),
    _("The answer took longer than the limit of %(limit)s seconds."),
    _("%(server)s did not begin to answer within %(limit)s seconds."),
    _("%(server)s said nothing more for %(limit)s seconds."),
    _("The server of the model %(model)s does not let this installation in."),
    _("The server of the model %(model)s cannot be reached."),
    _("There is no model named %(model)s."),
    _("%(model)s cannot see pictures. Choose a model that can."),
    _("%(server)s did not say which models it has."),
    _("%(server)s took too long."),
    _("%(server)s sent something that is no text."),
    _("The model server sent a line of more than 8 MB."),
    _("Ollama lets a model choose by itself whether to call a tool."),
    _("Something went wrong here. It has been logged."),
    _("Your budget was used up, so this answer ends here. What was said is kept."),
    _("The server was restarted while this answer was being written."),
    _(
        "This is too long for the model: with its instructions and files it takes about %(tokens)s tokens, and "
        "there is room for %(room)s. Make it shorter, or choose a model with a larger window."
    ),
    # What stands in the place of a message.
    _("[This message was removed by a moderator.]"),
    # What rules say.
    _("This answer ends here, because a rule of this installation stands against what was to follow."),
    _("A rule of this installation has something to say about this. Staff can see that it applied."),
    _("A rule of this installation stood against what was written too often."),
    _("One passage was masked before this was sent."),
    _("%(number)s passages were masked before this was sent."),
    _("One passage was masked in this answer."),
    _("%(number)s passages were masked in this answer."),
    # Tools, and what they are doing.
    _("Calculation"),
    _("Your chats"),
    _("Time"),
    _("This chat in figures"),
    _("Weather"),
    _("Search in your chats"),
    _("Search in your files"),
    _("%(sign)s (waits for you)"),
    # Why a question was taken for asking for a kind of help.
    _("You chose it for this question."),
    _("It was chosen for this conversation."),
    _("A model took the question for this."),
    _("Nothing in it points to code, learning or trouble."),
    _("It is a guess: the message gives few signs."),
    _("It goes on with the talk before it."),
    _("It follows a question about code."),
    _("It follows a request for an explanation."),
    _("It follows a report of trouble."),
    _("There is a traceback in the message."),
    _("There is the name of an error in the message."),
    _("There is an error code in the message."),
    _("There is an error message in it."),
    _("There are lines of a log in the message."),
    _("There is a command line in the message."),
    _("There is a block of code in the message."),
    _("There is code in the message."),
    _("It names a file of source code."),
    _("%(sign)s (“%(words)s”)."),
    _("It asks for code"),
    _("It asks for something to be made"),
    _("It asks for a change"),
    _("It asks how to do something"),
    _("It is about programming"),
    _("It asks for an explanation"),
    _("It is about learning"),
    _("It asks for help to understand something"),
    _("It asks what the difference is"),
    _("It asks what something means"),
    _("It asks how something works"),
    _("It asks why something is so"),
    _("It asks what something is for"),
    _("It asks what something is"),
    _("It asks how something is done"),
    _("It asks to be told about something"),
    _("It is about a subject to learn"),
    _("It says that something does not work"),
    _("It reports an error"),
    _("It says that something cannot be done"),
    _("It says that something hangs"),
    _("It says since when something is so"),
    _("It asks to get something working"),
    _("It is about an account"),
    _("It is about an installation"),
    _("It is about a device or a program"),
    _("It is a greeting"),
    _("It says thanks"),
    _("It says goodbye"),
    _("It asks for a translation"),
    _("It asks for a summary"),
    _("It asks for better wording"),
    _("It asks for a text"),
    _("It asks for ideas"),
    _("It is about planning something"),
    _("It is about food"),
    _("It is about having fun"),
    _("It asks about the assistant or the chat"),
    _("It is about how somebody feels"),
    _("It asks for an opinion"),
    _("It asks for a fact"),
    _("It is small talk"),
    # What was read of a file.
    _("This image moves: of its %(number)s frames only the first is read."),
    _("This image has %(width)s × %(height)s pixels; %(limit)s million are the most."),
    _("This image has %(width)s × %(height)s pixels; %(least)s × %(same)s are the least."),
    _("There is no text in this document."),
    _("Changes are tracked: %(added)s insertions are read, %(removed)s deletions are not."),
    _("1 text box: read after the paragraph that it is fixed to."),
    _("%(number)s text boxes: read after the paragraph that it is fixed to."),
    _("1 picture or chart: not read."),
    _("%(number)s pictures or charts: not read."),
    _("1 formula: read as its letters and signs in a row."),
    _("%(number)s formulas: read as its letters and signs in a row."),
    _("1 comment: not read."),
    _("%(number)s comments: not read."),
    _("This is a document of the old Word format. Save it as DOCX."),
    _("This is a zip file, but no Word document."),
    _("This document defines entities, which no Word document does."),
    _("The content of this file is not text."),
    _("There is no text in this file."),
    _("The encoding is not stated in the file; it was read as %(encoding)s."),
    _("%(number)s characters make no sense in %(encoding)s and were replaced by �."),
    _("Only the first %(number)s characters were read."),
    _("Removed: 1 character that cannot be seen."),
    _("Removed: %(number)s characters that cannot be seen."),
    _("1 form field read after the text of the page."),
    _("%(number)s form fields read after the text of the page."),
    _("This is a form of a kind (XFA) that may show more than was read."),
    _("1 note or drawing put on the pages afterwards: not read."),
    _("%(number)s note or drawings put on the pages afterwards: not read."),
    _("This PDF has no pages."),
    _("There is no text in this PDF; it may have been scanned."),
    _("Only the first %(number)s of %(all)s pages were read."),
    _("1 page turned on the side: the lines may be out of order."),
    _("%(number)s pages turned on the side: the lines may be out of order."),
    _("1 page with text side by side, in columns or tables, and its order may be mixed."),
    _("%(number)s pages with text side by side, in columns or tables, and its order may be mixed."),
    _("1 page written from right to left, where words and numbers may be out of order."),
    _("%(number)s pages written from right to left, where words and numbers may be out of order."),
    _("1 page could not be read: %(pages)s."),
    _("%(number)s pages could not be read: %(pages)s."),
    _("1 page without text drawn as pictures, for models that see: %(pages)s."),
    _("%(number)s pages without text drawn as pictures, for models that see: %(pages)s."),
    _("The pages could not be drawn."),
]
TRANSLATED = {"sign"}

_GAP = re.compile(r"%\((\w+)\)s")


def sentence(kept: str) -> str:
    """Return a sentence that was kept in English in the reader's language; one that nobody foresaw stays as it is."""
    if not kept or (get_language() or "en").partition("-")[0] == "en":
        return kept
    known = gettext(kept)
    if known != kept:
        return known
    for template, pattern in _patterns():
        if found := pattern.fullmatch(kept):
            values = found.groupdict()
            return gettext(template) % {
                name: gettext(value) if name in TRANSLATED and value else value for name, value in values.items()
            }
    return kept


@cache
def _patterns() -> list[tuple[str, re.Pattern[str]]]:
    found = []
    for template in SENTENCES:
        if _GAP.search(template):
            pieces = _GAP.split(template)
            source = "".join(
                f"(?P<{piece}>.+?)" if number % 2 else re.escape(piece) for number, piece in enumerate(pieces)
            )
            found.append((template, re.compile(source, re.DOTALL)))
    return found
