from .api_key import ApiKey
from .audit_entry import AuditEntry
from .installation import Installation
from .sign_in import SignIn
from .user import User, fingerprint

__all__ = ["ApiKey", "AuditEntry", "Installation", "SignIn", "User", "fingerprint"]
