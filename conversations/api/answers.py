"""What a person says of one answer has its address under the answer's."""

from django.http import Http404
from rest_framework.generics import GenericAPIView

from chatsite.queries import StrictQuery

from .. import feedback
from ..errors import NotFound
from ..models import Message


class OfAnAnswer(StrictQuery, GenericAPIView):
    """A call about the answer of `message_id`."""

    def get_object(self) -> Message:
        """Return the answer that is meant; the description of a call asks for it too."""
        try:
            return feedback.answer(message_id=self.kwargs["message_id"], user=self.request.user)
        except NotFound as error:
            raise Http404 from error
