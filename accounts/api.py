"""The API of accounts: sign up, sign in, refresh, sign out, who am I."""

from typing import Any

from django.contrib.auth import logout as end_session
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView
from rest_framework_simplejwt.tokens import RefreshToken

from chatsite.parsers import StrictJSONParser

from . import jobs, mail, people, throttles, tokens
from .errors import CredentialError, InvalidFields
from .models import SignIn, User
from .serializers import (
    LoginSerializer,
    LogoutSerializer,
    PasswordResetSerializer,
    PreferencesSerializer,
    RefreshSerializer,
    SignupSerializer,
    UserSerializer,
)


@method_decorator(never_cache, name="dispatch")
class AccountView(APIView):
    parser_classes = [StrictJSONParser]
    renderer_classes = [JSONRenderer]


class EntranceView(AccountView):
    """A call that needs no credential, and looks at none: a stale cookie must not stand in the way."""

    authentication_classes: list = []
    permission_classes = [AllowAny]


@method_decorator(sensitive_variables("fields"), name="post")
class SignupView(EntranceView):
    def post(self, request: Request) -> Response:
        fields = _read(SignupSerializer, request)
        throttles.consume("signup", request)
        user = people.sign_up(**fields)
        return _answer_pair(request, user=user, status=status.HTTP_201_CREATED)


@method_decorator(sensitive_variables("fields"), name="post")
class LoginView(EntranceView):
    def post(self, request: Request) -> Response:
        fields = _read(LoginSerializer, request)
        for name, limit in (("email", people.EMAIL_MAX_CHARACTERS), ("password", people.PASSWORD_MAX_CHARACTERS)):
            if people.has_hidden_characters(fields[name]) or len(fields[name]) > limit:
                raise InvalidFields(
                    {name: ["This cannot be right: it is too long or has characters that cannot be seen."]}
                )
        user = people.authenticate(request=request._request, email=fields["email"], password=fields["password"])
        return _answer_pair(request, user=user, status=status.HTTP_200_OK)


class RefreshView(EntranceView):
    def post(self, request: Request) -> Response:
        fields = _read(RefreshSerializer, request)
        throttles.check("refresh", request)
        try:
            pair = tokens.rotate(refresh=fields["refresh_token"])
        except CredentialError:
            throttles.count("refresh", request)
            raise
        return Response({"access_token": pair.access, "refresh_token": pair.refresh})


class LogoutView(AccountView):
    def post(self, request: Request) -> Response:
        fields = _read(LogoutSerializer, request)
        ended = {request.auth.sign_in_id}
        if "refresh_token" in fields:
            ended.add(tokens.read(raw=fields["refresh_token"], kind=RefreshToken).sign_in_id)
        for sign_in in SignIn.objects.filter(user=request.user, id__in=ended - {None}):
            tokens.revoke(sign_in=sign_in)
        if request.auth.kind == "session":
            end_session(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(AccountView):
    def get(self, request: Request) -> Response:
        return Response({"user": UserSerializer(request.user).data})

    def patch(self, request: Request) -> Response:
        people.change_preferences(user=request.user, **_read(PreferencesSerializer, request))
        return Response({"user": UserSerializer(request.user).data})


class PasswordResetView(EntranceView):
    def post(self, request: Request) -> Response:
        fields = _read(PasswordResetSerializer, request)
        email = fields["email"].strip().lower()
        if found := people.email_problems(email):
            raise InvalidFields({"email": found})
        throttles.consume("password_reset", request, account=email)
        jobs.queue_password_reset(email=email, site=mail.site_of(request))
        return Response(
            {"detail": "If there is an account with this address, a mail is on its way."},
            status=status.HTTP_202_ACCEPTED,
        )


def _read(serializer_class: type[Serializer], request: Request) -> dict[str, Any]:
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _answer_pair(request: Request, *, user: User, status: int) -> Response:
    pair = tokens.issue(user=user, client=request.META.get("HTTP_USER_AGENT", ""))
    body = {"access_token": pair.access, "refresh_token": pair.refresh, "user": UserSerializer(user).data}
    return Response(body, status=status)
