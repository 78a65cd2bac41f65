"""The API of accounts: sign up, sign in, refresh, sign out, who am I."""

from typing import Any

from django.contrib.auth import logout as end_session
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.permissions import AllowAny
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework_simplejwt.tokens import RefreshToken

from chatsite.openapi import errors, example
from chatsite.parsers import StrictJSONParser
from chatsite.queries import StrictQuery

from . import audit, jobs, mail, people, signup, throttles, tokens
from .errors import CredentialError, InvalidFields, NotSignedIn, shut_out
from .models import SignIn, User
from .serializers import (
    DetailSerializer,
    LoginSerializer,
    LogoutSerializer,
    MeSerializer,
    PasswordResetSerializer,
    PreferencesSerializer,
    RefreshSerializer,
    SignedInSerializer,
    SignupSerializer,
    TokenPairSerializer,
    UserSerializer,
    WaitingSerializer,
)

NEWCOMER = example("Ada", email="ada@example.org", password="correct horse battery staple")
LAST_TOKEN = example("The last one", refresh_token="eyJhbGciOiJIUzI1NiIs...")


@method_decorator(never_cache, name="dispatch")
class AccountView(StrictQuery):
    parser_classes = [StrictJSONParser]
    renderer_classes = [JSONRenderer]


class EntranceView(AccountView):
    """A call that needs no credential, and looks at none: a stale cookie must not stand in the way."""

    authentication_classes: list = []
    permission_classes = [AllowAny]


@method_decorator(sensitive_variables("fields"), name="post")
class SignupView(EntranceView):
    @extend_schema(
        operation_id="sign_up",
        tags=["Account"],
        summary="Make an account",
        request=SignupSerializer,
        responses={201: SignedInSerializer, 202: WaitingSerializer, **errors(403, 429)},
        examples=[NEWCOMER],
    )
    def post(self, request: Request) -> Response:
        """Make an account and sign in to it.

        Where an installation takes no new accounts, or only with an `invitation`, it answers 403; where staff look at
        each account first, 202: it can be used once they have let it in.
        """
        fields = read(SignupSerializer, request)
        throttles.consume("signup", request)
        user = signup.sign_up(**fields)
        if not user.is_active:
            why = shut_out(user)
            return Response({"code": why.code, "detail": why.detail}, status=status.HTTP_202_ACCEPTED)
        return _answer_pair(request, user=user, status=status.HTTP_201_CREATED)


@method_decorator(sensitive_variables("fields"), name="post")
class LoginView(EntranceView):
    @extend_schema(
        operation_id="sign_in",
        tags=["Account"],
        summary="Sign in",
        request=LoginSerializer,
        responses={200: SignedInSerializer, **errors(401, 429)},
        examples=[NEWCOMER],
    )
    def post(self, request: Request) -> Response:
        """Give a pair of tokens: `access_token` lets you in for minutes, `refresh_token` gets the next pair.

        An account that is protected by a second step answers 401 `mfa_required` until a `code` is sent as well.
        """
        fields = read(LoginSerializer, request)
        for name, limit in (("email", people.EMAIL_MAX_CHARACTERS), ("password", people.PASSWORD_MAX_CHARACTERS)):
            if people.has_hidden_characters(fields[name]) or len(fields[name]) > limit:
                raise InvalidFields(
                    {name: ["This cannot be right: it is too long or has characters that cannot be seen."]}
                )
        user = people.authenticate(request=request._request, **fields)
        return _answer_pair(request, user=user, status=status.HTTP_200_OK)


class RefreshView(EntranceView):
    @extend_schema(
        operation_id="refresh_tokens",
        tags=["Account"],
        summary="Get the next pair of tokens",
        request=RefreshSerializer,
        responses={200: TokenPairSerializer, **errors(401, 429)},
        examples=[LAST_TOKEN],
    )
    def post(self, request: Request) -> Response:
        """Give a new pair for a refresh token, which is used up by this. One that comes back later ends the sign-in."""
        fields = read(RefreshSerializer, request)
        throttles.check("refresh", request)
        try:
            pair = tokens.rotate(refresh=fields["refresh_token"])
        except CredentialError:
            throttles.count("refresh", request)
            raise
        return Response({"access_token": pair.access, "refresh_token": pair.refresh})


class LogoutView(AccountView):
    required_scope = "admin"

    @extend_schema(
        operation_id="sign_out",
        tags=["Account"],
        summary="Sign out",
        request=LogoutSerializer,
        responses={204: None},
        examples=[LAST_TOKEN],
    )
    def post(self, request: Request) -> Response:
        """End the sign-in that this was sent with, at once, and that of the refresh token, if one is sent along."""
        fields = read(LogoutSerializer, request)
        ended = {request.auth.sign_in_id}
        if request.auth.kind == "key" and "refresh_token" not in fields:
            raise NotSignedIn
        if "refresh_token" in fields:
            ended.add(tokens.read(raw=fields["refresh_token"], kind=RefreshToken).sign_in_id)
        for sign_in in SignIn.objects.filter(user=request.user, id__in=ended - {None}):
            tokens.revoke(sign_in=sign_in, action="sign_out")
        if request.auth.kind == "session":
            end_session(request._request)
        return Response(status=status.HTTP_204_NO_CONTENT)


class MeView(AccountView):
    required_scope = {"PATCH": "admin"}

    @extend_schema(operation_id="read_me", tags=["Account"], summary="Who am I", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """Tell whose credential this is."""
        return Response({"user": UserSerializer(request.user).data})

    @extend_schema(
        operation_id="change_me",
        tags=["Account"],
        summary="Change my name or looks",
        request=PreferencesSerializer,
        responses=MeSerializer,
        examples=[example("In the dark", theme="dark")],
    )
    def patch(self, request: Request) -> Response:
        """Change what is sent, and leave the rest."""
        people.change_preferences(user=request.user, **read(PreferencesSerializer, request))
        return Response({"user": UserSerializer(request.user).data})


class PasswordResetView(EntranceView):
    @extend_schema(
        operation_id="reset_password",
        tags=["Account"],
        summary="Ask for a link to set a new password",
        request=PasswordResetSerializer,
        responses={202: DetailSerializer, **errors(429, 503)},
        examples=[example("A mail", email="ada@example.org")],
    )
    def post(self, request: Request) -> Response:
        """Send a mail with a link, if there is such an account; the answer is the same if there is none."""
        fields = read(PasswordResetSerializer, request)
        email = fields["email"].strip().lower()
        if found := people.email_problems(email):
            raise InvalidFields({"email": found})
        throttles.consume("password_reset", request, account=email)
        audit.note("password.reset_asked", email=email)
        jobs.queue_password_reset(email=email, site=mail.site_of(request))
        return Response(
            {"detail": "If there is an account with this address, a mail is on its way."},
            status=status.HTTP_202_ACCEPTED,
        )


def read(serializer_class: type[Serializer], request: Request) -> dict[str, Any]:
    """Return the fields of the body; raises `ValidationError`."""
    serializer = serializer_class(data=request.data)
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _answer_pair(request: Request, *, user: User, status: int) -> Response:
    pair = tokens.issue(user=user, client=request.META.get("HTTP_USER_AGENT", ""))
    body = {"access_token": pair.access, "refresh_token": pair.refresh, "user": UserSerializer(user).data}
    return Response(body, status=status)
