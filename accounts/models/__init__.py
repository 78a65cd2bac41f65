from .api_key import ApiKey
from .audit_entry import AuditEntry
from .browser_session import BrowserSession
from .installation import Installation
from .invitation import Invitation, InvitationUse
from .oidc_identity import OidcIdentity
from .sign_in import SignIn
from .signup_request import SignupRequest
from .user import User, fingerprint

__all__ = [
    "ApiKey",
    "AuditEntry",
    "BrowserSession",
    "Installation",
    "Invitation",
    "InvitationUse",
    "OidcIdentity",
    "SignIn",
    "SignupRequest",
    "User",
    "fingerprint",
]
