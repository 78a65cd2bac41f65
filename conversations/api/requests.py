"""Under which key a send happens once."""

from django.utils.translation import gettext
from rest_framework.request import Request

from chatsite.ids import uuid_or

from .. import turns
from ..errors import Invalid

IDEMPOTENCY_HEADER = "Idempotency-Key"


def idempotency_key(request: Request, client_id: str | None) -> str | None:
    """Return the key under which a send happens once: the header's, or the body's `client_id`; raises Invalid."""
    sent = request.headers.get(IDEMPOTENCY_HEADER)
    if sent is None:
        return client_id
    key = str(uuid_or(Invalid(gettext("An Idempotency-Key is a UUID."), code="invalid_idempotency_key"), sent))
    if client_id is not None and turns.key_of(client_id) != key:
        raise Invalid(
            gettext("The Idempotency-Key and the client_id differ. Send one."), code="invalid_idempotency_key"
        )
    return key
