"""What talking to a model raises, and what a tool raises that has no result."""

from typing import Literal

Code = Literal[
    "model_unreachable",
    "model_not_found",
    "model_busy",
    "model_refused",
    "model_misconfigured",
    "model_timeout_connect",
    "model_timeout_first_token",
    "model_timeout_between_tokens",
    "model_timeout_total",
    "model_interrupted",
    "model_error",
    "model_protocol",
]


class ModelError(Exception):
    """Why there is no (whole) answer: a code, a sentence for a person, and whether trying again may help.

    `retry_after` is in seconds, None when the server did not say. The sentence holds no key and no stack trace.
    """

    def __init__(self, code: Code, detail: str, *, retryable: bool = False, retry_after: float | None = None) -> None:
        super().__init__(code, detail)
        self.code: Code = code
        self.detail = detail
        self.retryable = retryable
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class ToolError(Exception):
    """Why a tool has no result: a sentence for the model, which may try again with it or tell the person."""
