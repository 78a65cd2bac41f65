"""Speech as text: one recording for a server that speaks OpenAI's protocol for transcriptions."""

import asyncio
from typing import Any, cast
from urllib.parse import urlsplit

import httpx
from openai import APIStatusError, AsyncOpenAI

from .config import Transcription
from .connections import explain, http_options, refuse
from .errors import ModelError
from .values import Recording

NO_KEY = "none"
CONNECT_SECONDS = 5


class Transcriber:
    """The server that turns speech into text."""

    def __init__(self, config: Transcription) -> None:
        self.config = config
        self.server = f"The transcription server at {urlsplit(config.base_url).hostname}"

    def open_client(self) -> AsyncOpenAI:
        """Return a new client for one recording: they are rare, and connections that wait would have to be closed."""
        options = http_options(base_url=self.config.base_url, connect_seconds=CONNECT_SECONDS)
        return AsyncOpenAI(
            base_url=self.config.base_url,
            api_key=self.config.api_key or NO_KEY,
            max_retries=0,
            timeout=cast(Any, options["timeout"]),
            http_client=cast(Any, httpx.AsyncClient(headers={"Accept-Encoding": "identity"}, **options)),
        )

    async def transcribe(self, recording: Recording, *, language: str = "") -> str:
        """Return what is said in a recording, in a language such as "de" or in whatever is heard; raises ModelError."""
        wanted: dict[str, Any] = {"language": language} if language else {}
        file = (recording.name, recording.content, recording.media_type)
        try:
            async with asyncio.timeout(self.config.seconds), self.open_client() as client:
                said = await client.audio.transcriptions.create(
                    model=self.config.model, file=file, response_format="json", **wanted
                )
        except TimeoutError as error:
            raise ModelError("model_timeout_total", f"{self.server} took too long.", retryable=True) from error
        except APIStatusError as error:
            body, secret = await error.response.aread(), self.config.api_key
            raise refuse(
                status=error.status_code,
                headers=error.response.headers,
                body=body,
                server=self.server,
                model=self.config.model,
                secret=secret,
            ) from error
        except Exception as error:
            raise explain(error, server=self.server, answering=False) or ModelError(
                "model_protocol", f"{self.server} sent something that is no text."
            ) from error
        text = getattr(said, "text", None)
        if not isinstance(text, str):
            raise ModelError("model_protocol", f"{self.server} sent something that is no text.")
        return text.strip()
