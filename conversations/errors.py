"""Errors a person or program can act on: a code, a sentence, a status; each edge translates them once."""


class ChatError(Exception):
    """Something that cannot be done: `code` for programs, `detail` for people, `status` for HTTP."""

    status = 400
    code = "bad_request"
    detail = "This cannot be done."

    def __init__(self, detail: str = "", *, code: str = "", **extra):
        self.detail = detail or self.detail
        self.code = code or self.code
        self.extra = extra
        super().__init__(self.detail)


class Invalid(ChatError):
    """What was sent is not acceptable as it is."""


class NotFound(ChatError):
    """There is no such thing, or it is somebody else's."""

    status = 404
    code = "not_found"
    detail = "There is nothing here, or it is not yours."


class TooLarge(ChatError):
    status = 413
    code = "too_large"
    detail = "This is too long."


class TurnRunning(ChatError):
    """An answer is being written in this conversation; `extra["turn"]` says which."""

    status = 409
    code = "turn_running"
    detail = "An answer is still being written. Stop it or wait for it."


class KeyReused(ChatError):
    status = 422
    code = "idempotency_key_reused"
    detail = "This client_id was already used for something else."
