"""Files to read, and what reading them gives."""

import textwrap

import pytest

from conversations import extraction
from conversations.extraction import process


@pytest.fixture
def extract(tmp_path):
    """Return a function that reads bytes as a file of a name."""

    def read(data: bytes, name: str) -> extraction.Extract:
        source = tmp_path / "upload"
        source.write_bytes(data)
        return extraction.read(source, name=name)

    return read


@pytest.fixture
def refusal(extract):
    """Return a function that gives the code by which a file is refused."""

    def read(data: bytes, name: str) -> str:
        with pytest.raises(extraction.ExtractionError) as refused:
            extract(data, name)
        assert refused.value.detail.endswith(".")
        assert refused.value.status == (415 if refused.value.code == "unsupported_file" else 422)
        return refused.value.code

    return read


@pytest.fixture
def outcome(extract):
    """Return a function that gives "read", or the code by which a file is refused."""

    def read(data: bytes, name: str) -> str:
        try:
            extract(data, name)
        except extraction.ExtractionError as refused:
            return refused.code
        return "read"

    return read


@pytest.fixture
def parser_that(monkeypatch):
    """Return a function that makes the parser of texts do something else, under all its limits."""

    def become(body: str) -> None:
        start = (
            "import sys; sys.path += sys.argv[2:]\n"
            "import os, time\n"
            "from parsers import text\n"
            "from parsers.answer import Receipt\n"
            "from parsers.run import main\n"
            "def read(source, job, answer):\n"
            f"{textwrap.indent(textwrap.dedent(body).strip(), '    ')}\n"
            "text.read = read\n"
            "main(sys.argv[1])\n"
        )
        monkeypatch.setattr(process, "START", start)

    return become


def warned(extract: extraction.Extract) -> set[str]:
    """Return the codes of the warnings in a receipt, each with a sentence."""
    assert all(warning["detail"].endswith(".") for warning in extract.receipt["warnings"])
    return {warning["code"] for warning in extract.receipt["warnings"]}
