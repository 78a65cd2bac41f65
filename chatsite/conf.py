"""Settings of templates, of the API and its description, and of what is told to whoever runs it: log and figures.
Imported at the end of `chatsite/settings.py`."""

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from .environment import Env

env = Env()

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).resolve().parent.parent / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "chatsite.context_processors.site",
            ],
        },
    },
]

# The sentences in other languages than English, and how long a language counts that was chosen without an account.
LOCALE_PATHS = [Path(__file__).resolve().parent.parent / "locale"]
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_HTTPONLY = True

# Python's own list does not know it.
WHITENOISE_MIMETYPES = {".webmanifest": "application/manifest+json"}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["accounts.authentication.Authentication"],
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "chatsite.parsers.ExactNegotiation",
    "DEFAULT_PARSER_CLASSES": ["chatsite.parsers.StrictJSONParser"],
    "DEFAULT_RENDERER_CLASSES": [
        "rest_framework.renderers.JSONRenderer",
        "chatsite.browsing.PageRenderer",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "rest_framework.permissions.IsAuthenticated",
        "accounts.permissions.ScopeAllows",
    ],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "chatsite.errors.handler",
    # `format` is a parameter like any other; what an answer is written in is said by Accept.
    "URL_FORMAT_OVERRIDE": None,
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.0",
    "TITLE": "Chatsite",
    "VERSION": "1",
    "DESCRIPTION": (
        "Everything that can be done on the pages can be done here. Bodies are JSON in UTF-8, ids are UUIDs, times are "
        "ISO 8601 in UTC. An unknown field or parameter is an error, never ignored. What belongs to somebody else does "
        "not exist for you: 404. Every answer has an `X-Request-ID`, the name of the request in the server's log."
    ),
    "COMPONENT_SPLIT_REQUEST": True,
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "ENUM_NAME_OVERRIDES": {
        "ConversationStatusEnum": "conversations.models.conversation.Conversation.Status",
        "ValidityEnum": ["active", "expired", "revoked"],
        "ReportStateEnum": "conversations.models.moderation.Flag.State",
    },
    "POSTPROCESSING_HOOKS": [
        "drf_spectacular.hooks.postprocess_schema_enums",
        "chatsite.openapi.tell_errors",
    ],
}

# Whether a whole domain is held to TLS, and how plain http is answered, is for whoever owns the domain and its proxy.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W008", "security.W021"]

# What a line of the log looks like: "plain" for people, "json" for programs, with the ids of request, turn and person.
LOG_FORMAT = env.str("LOG_FORMAT", default="plain")
if LOG_FORMAT not in {"plain", "json"}:
    raise ImproperlyConfigured(f'LOG_FORMAT is "plain" or "json", not "{LOG_FORMAT}".')

# Figures for Prometheus at /metrics; without a token only for who asks from this machine, and through no proxy.
METRICS = env.bool("METRICS", default=False)
METRICS_TOKEN = env.str("METRICS_TOKEN", default="")

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "plain": {"()": "chatsite.logs.Plain", "format": "{asctime} {levelname} {name}: {message}", "style": "{"},
        "json": {"()": "chatsite.logs.Json"},
    },
    "filters": {"one line": {"()": "chatsite.logs.OneLine"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": LOG_FORMAT}},
    "root": {"handlers": ["console"]},
    "loggers": {
        "django": {"handlers": [], "level": "INFO", "propagate": True},
        "django.server": {"handlers": [], "propagate": True},
        "django.security.DisallowedHost": {"filters": ["one line"]},
        # They would put down addresses and, at DEBUG, what people say.
        **{name: {"level": "WARNING"} for name in ("httpx", "httpcore", "openai", "websockets")},
        # Every socket that opens and closes is no news.
        "uvicorn.error": {"level": "WARNING"},
        "huey": {"handlers": ["console"], "level": "WARNING", "propagate": False},
    },
}
