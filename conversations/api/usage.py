"""`GET usage/`: what a person has used, and what of their limits."""

import datetime
from decimal import Decimal

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from chatsite.queries import StrictQuery

from .. import usage
from ..errors import Invalid
from . import described
from .serializers import ModeField, MomentField

GROUPS = ("day", "model", "purpose", "mode")


class MoneyField(serializers.CharField):
    """An amount to the last digit, as text: a number would be rounded by whoever reads it."""

    def to_representation(self, value: Decimal) -> str:
        return f"{value.normalize():f}"


class SumsSerializer(serializers.Serializer):
    calls = serializers.IntegerField(help_text="Calls of a model; an answer with tools takes several.")
    prompt_tokens = serializers.IntegerField()
    completion_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField(help_text="Among the prompt tokens: those that were not read anew.")
    estimated_share = serializers.FloatField(help_text="The part of the tokens that no model server counted, 0 to 1.")
    average_ms = serializers.IntegerField(help_text="How long a call took.")
    cost = serializers.DictField(child=MoneyField(), help_text="By currency, without calls of unknown price.")
    unpriced_calls = serializers.IntegerField(help_text="Calls whose price nobody knows.")


class DaySerializer(SumsSerializer):
    day = serializers.DateField()


class ModelSumsSerializer(SumsSerializer):
    model = serializers.CharField(help_text="Empty where it was never known.")


class PurposeSerializer(SumsSerializer):
    purpose = serializers.CharField()


class ModeCountSerializer(serializers.Serializer):
    mode = ModeField(read_only=True, help_text="The kind of help; empty where nobody looked for one.")
    questions = serializers.IntegerField(help_text="How many got it, those that were asked again included.")


class TokensStandingSerializer(serializers.Serializer):
    limit = serializers.IntegerField()
    used = serializers.IntegerField()
    resets_at = MomentField()


class CostStandingSerializer(serializers.Serializer):
    limit = MoneyField()
    used = MoneyField()
    resets_at = MomentField()


class TurnsStandingSerializer(serializers.Serializer):
    limit = serializers.IntegerField(help_text="Answers that are written at the same time.")
    used = serializers.IntegerField(help_text="Answers that are written or wait in line.")


class LimitsSerializer(serializers.Serializer):
    """What applies; null where nothing is limited."""

    tokens_per_day = TokensStandingSerializer(allow_null=True)
    cost_per_month = CostStandingSerializer(allow_null=True)
    requests_per_minute = TokensStandingSerializer(allow_null=True)
    concurrent_turns = TurnsStandingSerializer(allow_null=True)
    waiting_turns = serializers.IntegerField(help_text="How many more answers may wait in line.")
    currency = serializers.CharField(help_text="The currency of the cost of a month.")


class UsageReportSerializer(serializers.Serializer):
    total = SumsSerializer()
    by_day = DaySerializer(many=True, required=False, help_text="Every day in order.")
    by_model = ModelSumsSerializer(many=True, required=False, help_text="The most used first.")
    by_purpose = PurposeSerializer(many=True, required=False, help_text="The most used first.")
    by_mode = ModeCountSerializer(many=True, required=False, help_text=_("The most frequent first."))
    limits = LimitsSerializer()

    def get_fields(self):
        # `from` is a word of Python's.
        days = {"from": serializers.DateField(source="first"), "to": serializers.DateField(source="last")}
        return {**days, **super().get_fields()}


@described.usage
class UsageView(StrictQuery):
    query_parameters = frozenset({"from", "to", "by"})

    @extend_schema(
        operation_id="usage",
        parameters=[
            OpenApiParameter("from", datetime.date, description="The first day, in UTC; 29 days before `to`."),
            OpenApiParameter("to", datetime.date, description="The last day, in UTC; today. A year at most."),
            OpenApiParameter(
                "by", str, description="Any of day, model, purpose, mode, with commas between; all of them."
            ),
        ],
        responses=UsageReportSerializer,
    )
    def get(self, request: Request) -> Response:
        """What you have used, in all and by day, model and purpose, how many questions got which kind of help, and how
        that stands to your limits."""
        query = request.query_params
        wanted = _groups(query.get("by"))
        report = usage.report(user=request.user, first=_day(query, "from"), last=_day(query, "to"))
        told = {"first": report.first, "last": report.last, "total": report.total}
        for group in wanted:
            told[f"by_{group}"] = _modes(request.user, report) if group == "mode" else _rows(group, report)
        told["limits"] = usage.limits(user=request.user)
        return Response(UsageReportSerializer(told).data)


def _groups(by: str | None) -> tuple[str, ...]:
    wanted = tuple(by.split(",")) if by is not None else GROUPS
    if unknown := set(wanted) - set(GROUPS):
        raise Invalid(
            gettext("Usage is told by %(groups)s, not by %(nothing)s.")
            % {"groups": ", ".join(GROUPS), "nothing": min(unknown)[:100] or "nothing"},
            code="invalid",
        )
    return wanted


def _day(query, name: str) -> datetime.date | None:
    value = query.get(name)
    if value is None:
        return None
    try:
        day = datetime.date.fromisoformat(value)
    except ValueError:
        day = None
    # It knows other ways to write a day, too.
    if day is None or day.isoformat() != value:
        raise Invalid(gettext("%(name)s is a day such as 2026-01-31.") % {"name": name}, code="invalid")
    return day


def _rows(name: str, report: usage.Report) -> list[dict]:
    fields = list(SumsSerializer().fields)
    groups = getattr(report, f"by_{name}")
    return [{name: key, **{field: getattr(sums, field) for field in fields}} for key, sums in groups.items()]


def _modes(user, report: usage.Report) -> list[dict]:
    counts = usage.kinds_of_help(user=user, first=report.first, last=report.last)
    return [{"mode": mode, "questions": count} for mode, count in counts.items()]
