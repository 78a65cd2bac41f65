"""Programs that upload, and an engine whose model server shows what it was sent."""

import json

import pytest

from tests.api.conftest import Program, program, stranger  # noqa: F401
from tests.usage.conftest import Stage, stage  # noqa: F401


@pytest.fixture(autouse=True)
def files(kept_files):
    """Attached files are kept in the test's own folder."""
    return kept_files


def upload(program: Program, content: bytes, name: str, **parts):  # noqa: F811
    """Return the answer to the upload of a file by this name, which is sent as it is."""
    boundary = "a-line-between"
    head = f'Content-Disposition: form-data; name="file"; filename={json.dumps(name, ensure_ascii=False)}\r\n'
    kind = f"Content-Type: {parts.pop('kind', 'application/octet-stream')}\r\n\r\n"
    body = f"--{boundary}\r\n{head}{kind}".encode() + content + f"\r\n--{boundary}--\r\n".encode()
    return program.send("post", "attachments/", body, content_type=f"multipart/form-data; boundary={boundary}", **parts)


def sent(stage: Stage, number: int = -1) -> list[dict]:  # noqa: F811
    """Return the messages of a request that the model server got."""
    return stage.fake.chats[number].body["messages"]
