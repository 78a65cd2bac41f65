"""How the ledger knows an e-mail address again without holding it."""

from django.utils.crypto import salted_hmac

from ..models.audit_entry import EMAIL_DIGEST_CHARACTERS


def email_digest(email: str) -> str:
    """Return 32 hex digits that only this installation can make of an address, and nobody guess it from."""
    found = salted_hmac("accounts.audit", email.strip().lower().encode("utf-8", "replace"), algorithm="sha256")
    return found.hexdigest()[:EMAIL_DIGEST_CHARACTERS]
