"""What went wrong, before it is told in the shape of one protocol or the other."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from chatsite import errors
from llm.errors import ModelError

from ..errors import ChatError

logger = logging.getLogger(__name__)

# What a model's error means for whoever asked; any other is a failure of the model server: 502.
STATUSES = {
    "model_not_found": 404,
    "model_refused": 400,
    "model_busy": 503,
    "model_unreachable": 503,
    "model_timeout_connect": 504,
    "model_timeout_first_token": 504,
    "model_timeout_between_tokens": 504,
    "model_timeout_total": 504,
    "internal_error": 500,
    "interrupted": 503,
    "too_slow": 408,
}
MODEL_FAILED = 502
BUSY = "model_busy"
# Asking again helps only much later: clients that would do it by themselves are told not to.
HOPELESS = {"budget_exceeded"}


@dataclass(frozen=True, slots=True)
class Problem:
    """One error: its HTTP status and headers, a code for programs, a sentence for people, and the field it is about."""

    status: int
    code: str
    detail: str
    param: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class AnswerFailed(ChatError):
    """There is no (whole) answer, for the reason that `code` names."""

    def __init__(self, detail: str, *, code: str, **extra: Any) -> None:
        super().__init__(detail, code=code, **extra)
        self.status = STATUSES.get(code, MODEL_FAILED)


def of(exc: Exception, request: Any) -> Problem:
    """Return what an exception means to whoever asked; one that nobody foresaw is logged and told as ours."""
    if isinstance(exc, ModelError):
        exc = AnswerFailed(exc.detail, code=exc.code, retry_after=exc.retry_after)
    response = errors.handler(exc, {"request": request})
    if response is None:
        logger.error("A request failed", exc_info=exc)
        return Problem(500, "server_error", "The mistake is ours and has been written to the log.")
    data = response.data
    headers = {name: value for name, value in response.headers.items() if name != "Content-Type"}
    if data["code"] in HOPELESS:
        headers["X-Should-Retry"] = "false"
    return Problem(response.status_code, data["code"], data["detail"], data.get("param"), headers)
