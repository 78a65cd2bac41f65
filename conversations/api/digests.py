"""The digests of a conversation: what models were sent in place of messages that no longer fitted."""

import uuid

from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from chatsite.queries import StrictQuery

from .. import lifecycle
from . import described
from .serializers import DigestsSerializer

# Each one holds the facts of those before it, so that nobody needs them all.
DIGESTS_TOLD = 100


@described.digests
class DigestsView(StrictQuery, GenericAPIView):
    """The newest digests of all branches of a conversation, the last one first."""

    serializer_class = DigestsSerializer

    def get(self, request: Request, conversation_id: uuid.UUID) -> Response:
        conversation = lifecycle.find(conversation_id=conversation_id, user=request.user)
        return Response(self.get_serializer({"digests": conversation.digests.all()[:DIGESTS_TOLD]}).data)
