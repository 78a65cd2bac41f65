"""Speech as text: a recording of the microphone, which is kept nowhere."""

from django.utils.translation import gettext
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from chatsite.async_api import AsyncAPIView
from chatsite.openapi import errors
from chatsite.queries import StrictQuery

from .. import dictation
from ..errors import Invalid
from .serializers import StrictSerializer


class RecordingSerializer(StrictSerializer):
    file = serializers.FileField(help_text="WebM, Ogg, MP4 or WAV.")
    language = serializers.CharField(
        required=False, allow_blank=True, max_length=20, help_text="Such as `de` or `de-AT`; else what is heard."
    )


class TranscriptionSerializer(serializers.Serializer):
    text = serializers.CharField()
    seconds = serializers.FloatField(help_text="How long the recording is.")


@extend_schema_view(
    post=extend_schema(
        operation_id="transcribe",
        tags=["Speech"],
        summary="Turn a recording into text",
        description="It is sent to the transcription server of this installation and kept nowhere.",
        request={"multipart/form-data": RecordingSerializer},
        responses={200: TranscriptionSerializer, **errors(404, 413, 415, 422, 429, 502)},
    )
)
class TranscriptionsView(StrictQuery, AsyncAPIView):
    """Turn a recording into text."""

    serializer_class = TranscriptionSerializer
    parser_classes = [MultiPartParser]

    async def post(self, request: Request) -> Response:
        files = request.FILES.getlist("file")
        if len(files) != 1 or set(request.data) - {"file", "language"}:
            raise Invalid(
                gettext("Send one recording, as `file` of a form."), code="no_file" if not files else "invalid"
            )
        language = dictation.check_language(str(request.data.get("language", "")))
        text, seconds = await dictation.transcribe(user=request.user, upload=files[0], language=language)
        return Response({"text": text, "seconds": round(seconds, 1)})
