from .api_key import ApiKey
from .installation import Installation
from .sign_in import SignIn
from .user import User, fingerprint

__all__ = ["ApiKey", "Installation", "SignIn", "User", "fingerprint"]
