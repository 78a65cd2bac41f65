"""Speech as text, as OpenAI's protocol has it: a form with a recording, and what is said in it."""

from email.parser import BytesParser
from email.policy import HTTP
from typing import Any

SAID = "The lease ends in May."
# A model of this name breaks.
BROKEN = "broken"


def read(content_type: str, raw_body: bytes) -> dict[str, Any]:
    """Return the fields of a form; of the recording, its name, media type and size in bytes."""
    parsed = BytesParser(policy=HTTP).parsebytes(f"Content-Type: {content_type}\r\n\r\n".encode() + raw_body)
    fields: dict[str, Any] = {}
    for part in parsed.iter_parts():
        name = part.get_param("name", header="content-disposition")
        content = part.get_payload(decode=True)
        if part.get_filename():
            fields[name] = {"name": part.get_filename(), "type": part.get_content_type(), "size": len(content)}
        else:
            fields[name] = content.decode().strip()
    return fields
