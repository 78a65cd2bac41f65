"""What goes into the log, and how much of it."""

import logging

# A stranger chooses the words of some lines, so their length is ours to choose.
STRANGER_CHARACTERS = 200


class OneLine(logging.Filter):
    """Lets a record through as one short line, without the traceback of a request that only came to the wrong door."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.exc_info = record.exc_text = None
        record.msg, record.args = record.getMessage()[:STRANGER_CHARACTERS], ()
        return True
