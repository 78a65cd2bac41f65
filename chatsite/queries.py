"""Reading the query of an address strictly: a parameter that nobody knows would be a wish that nobody heard."""

from typing import Any

from django.utils.translation import gettext
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.views import APIView

SHOWN_CHARACTERS = 100


class UnreadableQuery(APIException):
    status_code = 400
    default_code = "invalid"


class StrictQuery(APIView):
    """A view that knows the parameters of its query, each given once; any other is refused."""

    query_parameters: frozenset[str] = frozenset()

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if not hasattr(self, str(request.method).lower()):
            # That there is no such method is said first.
            return
        known = self.known_parameters()
        for name, values in request.query_params.lists():
            if name not in known:
                raise UnreadableQuery(
                    gettext("There is no parameter %(shown_characters)s here.")
                    % {"shown_characters": name[:SHOWN_CHARACTERS]},
                    "unknown_filter",
                )
            if len(values) > 1:
                raise UnreadableQuery(gettext("The parameter %(name)s can be given once.") % {"name": name})

    def known_parameters(self) -> frozenset[str]:
        """Return the names that this call's query may hold."""
        return self.query_parameters
