"""The settings: what is dangerous, and what is likely not meant."""

from collections.abc import Iterator

from django.conf import settings

from accounts.models import User

from .finding import Finding, Severity

SECRET_CHARACTERS = 32
LOCAL_STORAGE = "django.core.files.storage.FileSystemStorage"


def examine() -> Iterator[Finding]:
    """Look at the settings."""
    yield from _secrets()
    yield from _address()
    yield from _people()
    if settings.REDIS_URL and settings.FILE_STORAGE == LOCAL_STORAGE:
        yield Finding(
            Severity.NOTE,
            "files_are_local",
            f"Attached files are kept in {settings.MEDIA_ROOT}, which all web processes and the worker must share.",
            "With several hosts, share that folder or keep files in a bucket (FILE_STORAGE).",
        )
    if settings.METRICS and settings.PROXY_COUNT and not settings.METRICS_TOKEN:
        yield Finding(
            Severity.NOTE,
            "metrics_unseen",
            "METRICS is on without a METRICS_TOKEN, so only a program on the same machine can read the figures.",
            "Set METRICS_TOKEN if Prometheus runs elsewhere.",
        )


def _secrets() -> Iterator[Finding]:
    if settings.DEBUG:
        yield Finding(
            Severity.ERROR,
            "debug_is_on",
            "DEBUG is on: whoever causes an error sees the code and the settings.",
            "Set DEBUG=false.",
        )
    if len(settings.SECRET_KEY) < SECRET_CHARACTERS or len(set(settings.SECRET_KEY)) < 8:
        yield Finding(
            Severity.ERROR,
            "weak_secret",
            "SECRET_KEY is short or simple: who guesses it signs in as anybody.",
            "Set it to the output of `openssl rand -hex 32`. Everybody is signed out, and sets up second steps anew.",
        )


def _address() -> Iterator[Finding]:
    if "*" in settings.ALLOWED_HOSTS:
        yield Finding(
            Severity.ERROR,
            "any_host",
            "ALLOWED_HOSTS has *, so links in mail can be made to lead to a stranger's site.",
            "Name the hosts that this installation answers to.",
        )
    if not settings.PUBLIC_URL:
        yield Finding(
            Severity.NOTE,
            "no_public_url",
            "PUBLIC_URL is empty: fine on one's own machine, but cookies are sent without TLS too.",
            "Where others reach it, set PUBLIC_URL to the https address that they type.",
        )
    elif not settings.HTTPS:
        yield Finding(
            Severity.WARNING,
            "no_https",
            "PUBLIC_URL is not https: passwords and conversations can be read on their way.",
            "Put a proxy with a certificate in front, and set PUBLIC_URL to its https address.",
        )
    elif not settings.PROXY_COUNT:
        yield Finding(
            Severity.WARNING,
            "proxy_not_counted",
            "PUBLIC_URL is https, but PROXY_COUNT is 0: every request seems to come from the proxy, over http.",
            "Set PROXY_COUNT to the number of proxies in front.",
        )


def _people() -> Iterator[Finding]:
    if "console" in settings.EMAIL_BACKEND:
        yield Finding(
            Severity.WARNING if settings.PUBLIC_URL else Severity.NOTE,
            "no_mail",
            "Mail is printed to the log: nobody can set a new password, and whoever reads the log can.",
            "Set EMAIL_URL to a mail server.",
        )
    if settings.SIGNUP == "open" and settings.PUBLIC_URL:
        yield Finding(
            Severity.NOTE,
            "open_signup",
            "Whoever reaches this site can make an account.",
            "If that is not meant, set SIGNUP=closed.",
        )
    if not User.objects.filter(is_superuser=True, is_active=True).exists():
        yield Finding(
            Severity.WARNING,
            "no_administrator",
            "There is no active administrator; if there are no accounts yet, the first one will be it.",
            "Sign up before others can, or run `manage.py createsuperuser`.",
        )
    if not settings.AUDIT_ANCHOR_FILE:
        yield Finding(
            Severity.NOTE,
            "no_anchor",
            "Nothing outside of the database says how long the audit ledger is, so a missing end is not noticed.",
            "Set AUDIT_ANCHOR_FILE to a file on another disk (docs/audit.md).",
        )
