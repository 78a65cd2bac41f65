from .api_key import ApiKey
from .audit_entry import AuditEntry
from .browser_session import BrowserSession
from .installation import Installation
from .sign_in import SignIn
from .user import User, fingerprint

__all__ = ["ApiKey", "AuditEntry", "BrowserSession", "Installation", "SignIn", "User", "fingerprint"]
