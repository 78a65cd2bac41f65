"""The browsers in which a person is signed in: listed, and signed out."""

import uuid

from allauth.mfa.models import Authenticator
from django.contrib.auth import update_session_auth_hash
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Min
from django.http import HttpRequest

from . import audit, factors, people
from .addresses import client_address
from .errors import NoSuchBrowser
from .models import BrowserSession, SignIn, User
from .signals import announce_revoked

CLIENT_MAX_CHARACTERS = 200
ADDRESS_MAX_CHARACTERS = 45


def note(*, request: HttpRequest, user: User) -> BrowserSession:
    """Return what is kept of the browser that sent this, which is signed in as this person."""
    client = request.META.get("HTTP_USER_AGENT", "")
    if not request.session.session_key:
        request.session.save()
    found, _ = BrowserSession.objects.update_or_create(
        session_key=request.session.session_key,
        defaults={
            "user": user,
            "fingerprint": user.fingerprint,
            "client": "".join(each for each in client if each.isprintable())[:CLIENT_MAX_CHARACTERS],
            "address": client_address(request)[:ADDRESS_MAX_CHARACTERS],
        },
    )
    return found


def listed(*, request: HttpRequest, user: User) -> list[BrowserSession]:
    """Return the browsers in which this person is signed in, this one first; `is_this` tells it."""
    found = list(BrowserSession.objects.visible_to(user))
    if not any(each.session_key == request.session.session_key for each in found):
        # Signed in before lists were kept, or its key has changed with the password.
        found.insert(0, note(request=request, user=user))
    for each in found:
        each.is_this = each.session_key == request.session.session_key  # type: ignore[attr-defined]
    return sorted(found, key=lambda each: not each.is_this)  # type: ignore[attr-defined]


def came_by_password(*, request: HttpRequest, user: User) -> int:
    """Return how many other browsers and programs came in before there was a second step, and are in still."""
    since = Authenticator.objects.filter(user=user, type__in=factors.PROVING).aggregate(at=Min("created_at"))["at"]
    if since is None:
        return 0
    others = BrowserSession.objects.visible_to(user).exclude(session_key=request.session.session_key or "")
    programs = SignIn.objects.alive().filter(user=user)
    return others.filter(created_at__lt=since).count() + programs.filter(created_at__lt=since).count()


def find_own(*, user: User, browser_id: uuid.UUID) -> BrowserSession:
    """Return this browser of this person; raises `NoSuchBrowser`."""
    found = BrowserSession.objects.visible_to(user).filter(pk=browser_id).first()
    if found is None:
        raise NoSuchBrowser
    return found


def end(*, browser: BrowserSession) -> None:
    """Sign a browser out: its session is gone, and sockets that it opened are closed."""
    with transaction.atomic():
        gone, _ = Session.objects.filter(pk=browser.session_key).delete()
        if gone:
            audit.enter("sign_in.ended", target=browser, by="session")
        BrowserSession.objects.filter(pk=browser.pk).delete()
    announce_revoked(user_id=browser.user_id)


def end_all_others(*, request: HttpRequest, user: User) -> None:
    """Sign out every other browser and every program of a person; keys stay, and so does whoever sent this."""
    people.sign_out_everywhere(user=user)
    update_session_auth_hash(request, user)
    note(request=request, user=user)
