"""What a credential may do: everything, but for an API key, which is limited to its scopes."""

from typing import TYPE_CHECKING

from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from .credentials import Credential
from .errors import InsufficientScope

if TYPE_CHECKING:
    # While the framework loads its views it loads the default permissions, and this is one.
    from rest_framework.views import APIView


class ScopeAllows(BasePermission):
    """Lets a key do what its scopes say; `required_scope` of the view is a scope, or scopes by method."""

    code = InsufficientScope.code

    def has_permission(self, request: Request, view: "APIView") -> bool:
        if request.auth is None:
            return True
        try:
            require_scope(request.auth, scope_needed(view, request.method or ""))
        except InsufficientScope as error:
            self.message = error.detail
            return False
        return True


def require_scope(credential: Credential, scope: str) -> None:
    """Raise `InsufficientScope` unless this credential may do what needs this scope."""
    if not credential.allows(scope):
        raise InsufficientScope(scope)


def scope_needed(view: "APIView", method: str) -> str:
    """Return the scope that a method of a view needs: as the view says, else `read` to read and `chat` to write."""
    wanted = getattr(view, "required_scope", None)
    if isinstance(wanted, dict):
        wanted = wanted.get("GET" if method == "HEAD" else method)
    return wanted or ("read" if method in SAFE_METHODS else "chat")
