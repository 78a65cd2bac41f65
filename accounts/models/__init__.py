from .installation import Installation
from .sign_in import SignIn
from .user import User, fingerprint

__all__ = ["Installation", "SignIn", "User", "fingerprint"]
