"""Reporting an answer to the staff."""

import uuid

from drf_spectacular.utils import OpenApiExample, extend_schema, extend_schema_view
from rest_framework import serializers, status
from rest_framework.generics import GenericAPIView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.serializers import StrictSerializer, StringField
from chatsite.openapi import errors
from chatsite.queries import StrictQuery

from ..models import Flag
from ..review import reports
from .answers import OfAnAnswer
from .serializers import TellingSerializer

REPORTED = OpenApiExample("It was dangerous", {"category": "harmful", "words": "It would burn."}, request_only=True)


class ReportSerializer(TellingSerializer):
    """A report, and what became of it: `state` and, once it is decided, perhaps an `outcome` in words."""

    conversation = serializers.UUIDField(source="conversation_id")
    turn = serializers.UUIDField(source="turn_id")
    message = serializers.UUIDField(source="message_id")

    class Meta:
        model = Flag
        fields = [
            "id",
            "conversation",
            "turn",
            "message",
            "category",
            "words",
            "state",
            "outcome",
            "created_at",
            "decided_at",
        ]
        read_only_fields = fields


class NewReportSerializer(StrictSerializer):
    category = serializers.ChoiceField(choices=Flag.Category.choices)
    words = StringField(required=False, allow_blank=True, help_text="What is wrong; 2,000 characters at most.")


class ReportsSerializer(serializers.Serializer):
    reports = ReportSerializer(many=True)


@extend_schema_view(
    get=extend_schema(
        operation_id="read_report", tags=["Reports"], summary="Read what became of a report", responses=ReportSerializer
    ),
    post=extend_schema(
        operation_id="report_answer",
        tags=["Reports"],
        summary="Report an answer",
        request=NewReportSerializer,
        responses={201: ReportSerializer, **errors(409, 413, 429)},
        examples=[REPORTED],
    ),
)
class ReportView(OfAnAnswer):
    """A report of an answer to the staff."""

    serializer_class = NewReportSerializer

    def get(self, request: Request, message_id: uuid.UUID) -> Response:
        """What became of one's report; 404 `not_reported` if there is none."""
        message = self.get_object()
        return Response(ReportSerializer(reports.find(message=message, user=request.user)).data)

    def post(self, request: Request, message_id: uuid.UUID) -> Response:
        """Report an answer, once."""
        message = self.get_object()
        serializer = self.get_serializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        flag = reports.report(message=message, user=request.user, **serializer.validated_data)
        return Response(ReportSerializer(flag).data, status=status.HTTP_201_CREATED)


class ReportsView(StrictQuery, GenericAPIView):
    """What one has reported: the newest 200."""

    serializer_class = ReportsSerializer

    @extend_schema(
        operation_id="list_reports", tags=["Reports"], summary="List my reports", responses=ReportsSerializer
    )
    def get(self, request: Request) -> Response:
        """What one has reported, and what became of it: the newest 200."""
        return Response(self.get_serializer({"reports": reports.listed(user=request.user)}).data)
