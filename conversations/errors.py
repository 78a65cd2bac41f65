"""Errors a person or program can act on: a code, a sentence, a status; each edge translates them once."""

from typing import Any

from django.utils.translation import gettext_lazy as _


class ChatError(Exception):
    """Something that cannot be done: `code` for programs, `detail` for people, `status` for HTTP."""

    status = 400
    code = "bad_request"
    detail: Any = _("This cannot be done.")

    def __init__(self, detail: Any = "", *, code: str = "", **extra):
        # Said now, in the language of whoever is served: some who tell it cannot carry a sentence yet to be translated.
        self.detail = str(detail or self.detail)
        self.code = code or self.code
        self.extra = extra
        super().__init__(self.detail)


class Invalid(ChatError):
    """What was sent is not acceptable as it is."""


class NotFound(ChatError):
    """There is no such thing, or it is somebody else's."""

    status = 404
    code = "not_found"
    detail = _("There is nothing here, or it is not yours.")


class NotAllowed(ChatError):
    """Something that others may do, and this person may not."""

    status = 403
    code = "not_allowed"
    detail = _("You may not do this.")


class TooLarge(ChatError):
    status = 413
    code = "too_large"
    detail = _("This is too long.")


class Unreadable(ChatError):
    """A file that cannot be read; the code says why, the sentence what to do."""

    status = 422
    code = "corrupt"
    detail = _("This file cannot be read.")

    def __init__(self, detail: Any = "", *, code: str = "", **extra):
        super().__init__(detail, code=code, **extra)
        if self.code == "unsupported_file":
            self.status = 415


class AttachmentSent(ChatError):
    """A file that is part of a question already."""

    status = 409
    code = "attachment_sent"
    detail = _("This file was sent already. Attach it again.")


class TurnRunning(ChatError):
    """An answer is being written in this conversation; `extra["turn"]` says which."""

    status = 409
    code = "turn_running"
    detail = _("An answer is still being written. Stop it or wait for it.")


class NotWaiting(ChatError):
    """A tool that does not wait for anybody's word any more."""

    status = 409
    code = "not_waiting"
    detail = _("This was decided already, or it is over.")


class IdTaken(ChatError):
    status = 409
    code = "id_taken"
    detail = _("There is already something with this id. Choose another one.")


class TagTaken(ChatError):
    status = 409
    code = "tag_taken"
    detail = _("You have a tag of this name already.")


class UnderHold(ChatError):
    """Something that must not be deleted before a legal hold has ended."""

    status = 409
    code = "under_hold"
    detail = _(
        "Something of this account is under a legal hold, so the account cannot be deleted before the hold ends. "
        "Nothing was deleted. The account can be disabled meanwhile."
    )


class PresetTaken(ChatError):
    status = 409
    code = "name_taken"
    detail = _("You have a prompt of this name already.")


class PreconditionFailed(ChatError):
    """It has changed since its version was read that If-Match names."""

    status = 412
    code = "precondition_failed"
    detail = _("This has changed since you read it. Read it again, then decide.")


class KeyReused(ChatError):
    status = 422
    code = "idempotency_key_reused"
    detail = _("This client_id was already used for something else.")


class RefusedByRule(ChatError):
    """A rule of this installation stands against it; it was not sent, and nothing of it is kept."""

    status = 422
    code = "refused_by_rule"
    detail: Any = _(
        "This was not sent, because a rule of this installation stands against it. You can change it and send it again."
    )


class OverQuota(ChatError):
    """More than this person may use just now; `extra["retry_after"]` says in how many seconds to ask again."""

    status = 429
    code = "too_many_requests"
    detail = _("That was more than is allowed just now.")
