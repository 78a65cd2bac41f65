"""Under which key a send happens once."""

import uuid

from django.utils.translation import gettext
from rest_framework.request import Request

from ..errors import Invalid

IDEMPOTENCY_HEADER = "Idempotency-Key"


def idempotency_key(request: Request, client_id: str | None) -> str | None:
    """Return the key under which a send happens once: the header's, or the body's `client_id`; raises Invalid."""
    sent = request.headers.get(IDEMPOTENCY_HEADER)
    if sent is None:
        return client_id
    try:
        key = str(uuid.UUID(sent))
    except ValueError:
        raise Invalid(gettext("An Idempotency-Key is a UUID."), code="invalid_idempotency_key") from None
    if client_id is not None and _normal(client_id) != key:
        raise Invalid(
            gettext("The Idempotency-Key and the client_id differ. Send one."), code="invalid_idempotency_key"
        )
    return key


def _normal(client_id: str) -> str:
    try:
        return str(uuid.UUID(client_id))
    except ValueError:
        raise Invalid(gettext("A client_id is a UUID."), code="invalid_client_id") from None
