"""Limits on guessing, counted in the cache for the pages and the API together."""

import hashlib
from typing import NamedTuple

from django.http import HttpRequest

from chatsite import counting

from .addresses import client_network
from .errors import TooManyAttempts


class Rate(NamedTuple):
    """So many within a window that begins with the first; `per` says whom they are counted for."""

    amount: int
    seconds: int
    # "network": one client; "account": one account as tried by one client; "mailbox": one account, whoever asks.
    per: str


MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

RATES = {
    # Failures only.
    "login": (Rate(10, 5 * MINUTE, "account"), Rate(100, HOUR, "network")),
    "refresh": (Rate(100, HOUR, "network"),),
    "current_password": (Rate(10, 5 * MINUTE, "account"),),
    "password_reset_key": (Rate(20, HOUR, "network"),),
    "invitation": (Rate(50, HOUR, "network"),),
    "oidc": (Rate(100, HOUR, "network"),),
    "passkey": (Rate(100, HOUR, "network"),),
    # Every code, until one is right: whoever tries them has the password.
    "second_factor": (Rate(10, 5 * MINUTE, "mailbox"), Rate(30, HOUR, "mailbox"), Rate(100, DAY, "mailbox")),
    # Every request.
    "signup": (Rate(100, HOUR, "network"),),
    "email_change": (Rate(10, HOUR, "mailbox"), Rate(20, HOUR, "network")),
    "password_reset": (Rate(5, HOUR, "mailbox"), Rate(20, HOUR, "network")),
}


def check(action: str, request: HttpRequest, *, account: str = "") -> None:
    """Raise `TooManyAttempts` when this client has used up one of the action's limits."""
    spent = [rate for rate in RATES[action] if counting.counted(_key(action, rate, request, account)) >= rate.amount]
    if spent:
        raise TooManyAttempts(retry_after=max(_remaining(action, rate, request, account) for rate in spent))


def count(action: str, request: HttpRequest, *, account: str = "") -> None:
    """Count one attempt against each of the action's limits."""
    for rate in RATES[action]:
        _count(action, rate, request, account)


def consume(action: str, request: HttpRequest, *, account: str = "") -> None:
    """Count one attempt and raise `TooManyAttempts` when it is one too many, also among many at the same time."""
    spent = [rate for rate in RATES[action] if _count(action, rate, request, account) > rate.amount]
    if spent:
        raise TooManyAttempts(retry_after=max(_remaining(action, rate, request, account) for rate in spent))


def forget(action: str, request: HttpRequest, *, account: str = "") -> None:
    """Begin to count anew."""
    for rate in RATES[action]:
        counting.forget(_key(action, rate, request, account))


def _count(action: str, rate: Rate, request: HttpRequest, account: str) -> int:
    return counting.count(_key(action, rate, request, account), rate.seconds)


def _remaining(action: str, rate: Rate, request: HttpRequest, account: str) -> int:
    return counting.remaining(_key(action, rate, request, account), rate.seconds)


def _key(action: str, rate: Rate, request: HttpRequest, account: str) -> str:
    whom = {
        "network": (client_network(request),),
        "account": (client_network(request), account.lower()),
        "mailbox": (account.lower(),),
    }[rate.per]
    # A digest: the cache holds no addresses, and whatever was typed makes a valid key.
    digest = hashlib.sha256("\0".join(whom).encode("utf-8", "surrogatepass")).hexdigest()
    return f"throttle:{action}:{rate.per}:{rate.seconds}:{digest[:32]}"
