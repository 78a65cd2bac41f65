"""The models that can be asked."""

from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from chatsite.queries import StrictQuery

from .. import models_offered
from . import described
from .serializers import ModelsSerializer


@described.models
class ModelsView(StrictQuery, GenericAPIView):
    """The models on offer as last heard, and the one that answers when none is named."""

    serializer_class = ModelsSerializer

    def get(self, request: Request) -> Response:
        return Response(self.get_serializer(models_offered.listing_for(self.request.user)).data)
