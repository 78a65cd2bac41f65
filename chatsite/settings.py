"""Every setting of Chatsite, read from the environment; `.env` in the project's folder is read when present."""

import os
import secrets
import sys
import warnings
from pathlib import Path
from urllib.parse import urlsplit

from corsheaders.defaults import default_headers
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from whitenoise.compress import Compressor

from chatsite.environment import Env

BASE_DIR = Path(__file__).resolve().parent.parent

env = Env()
Env.read_env(BASE_DIR / ".env")


# -- Where things are kept ------------------------------------------------------------------------------------------

# The folder for the embedded database, uploads, logs and the generated secret.
DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "var"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)

# The database: SQLite in DATA_DIR unless DATABASE_URL names a PostgreSQL server.
_database = env.str("DATABASE_URL", default="") or f"sqlite:///{DATA_DIR / 'chatsite.sqlite3'}"
DATABASES = {"default": env.db_url_config(_database)}
POSTGRES_OPTIONS = (
    "-c idle_in_transaction_session_timeout=60s"
    " -c tcp_keepalives_idle=20 -c tcp_keepalives_interval=10 -c tcp_keepalives_count=3"
)
# The pool waits twice as long after each attempt to connect, and would for minutes: it gives up when those who asked
# do, and begins anew for whoever asks next.
POSTGRES_POOL = {"min_size": 1, "timeout": 10, "reconnect_timeout": 10}
EMBEDDED_DATABASE = DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3"
if EMBEDDED_DATABASE:
    DATABASES["default"]["OPTIONS"] = {
        # Take the write lock when a transaction begins, so that two writers queue instead of failing half-way.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        # FULL: an acknowledged question survives a power cut, not only a crash of the process.
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA cache_size=-8000;",
    }
    # Kept for the next request: to open one takes as long as to ask it something.
    DATABASES["default"]["CONN_MAX_AGE"] = None
    # A file, because the threads of a test cannot share a database in memory; one for each run, so that two may run.
    DATABASES["default"]["TEST"] = {"NAME": DATA_DIR / f"test-{os.getpid()}.sqlite3"}
else:
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
    _options = DATABASES["default"].setdefault("OPTIONS", {})
    _options["pool"] = {**POSTGRES_POOL, "max_size": env.int("DATABASE_POOL", default=20)}
    # A process that was paused, or lost its power, in the middle of a transaction must not keep the others waiting.
    _options.setdefault("options", POSTGRES_OPTIONS)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# Redis, for several processes: the channel layer, shared throttles and the job queue. Empty: all of it in one process.
REDIS_URL = env.str("REDIS_URL", default="")
if REDIS_URL:
    # Pub/Sub, because the default Redis layer drops messages of fast streams.
    CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL], "prefix": "chatsite"},
        }
    }
    CACHES = {"default": {"BACKEND": "chatsite.cache.ForgivingRedisCache", "LOCATION": REDIS_URL}}
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer"}}
    CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

# Background jobs: huey, on Redis when there is one, else on a SQLite file of its own.
HUEY = {
    "huey_class": "huey.RedisHuey" if REDIS_URL else "huey.SqliteHuey",
    "name": "chatsite",
    "immediate": False,
    "results": False,
    "connection": {"url": REDIS_URL} if REDIS_URL else {"filename": str(DATA_DIR / "jobs.sqlite3")},
}


# -- Who may reach it -----------------------------------------------------------------------------------------------

# Show tracebacks in the browser; never on in production.
DEBUG = env.bool("DEBUG", default=False)

# The address people use, such as https://chat.example.org; https here turns on secure cookies and HSTS.
PUBLIC_URL = env.str("PUBLIC_URL", default="").rstrip("/")
HTTPS = PUBLIC_URL.startswith("https://")

# Host names this installation answers to.
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
if PUBLIC_URL:
    ALLOWED_HOSTS.append(urlsplit(PUBLIC_URL).hostname)

# How many reverse proxies of yours stand in front; only that many X-Forwarded-For entries are believed.
PROXY_COUNT = env.int("PROXY_COUNT", default=0)

# Origins of other web front ends that may call the API (CORS), such as https://app.example.org.
FRONTEND_ORIGINS = env.list("FRONTEND_ORIGINS", default=[])
CORS_ALLOWED_ORIGINS = FRONTEND_ORIGINS
CORS_URLS_REGEX = r"^/(api|v1)/.*$"
CORS_ALLOW_HEADERS = [
    *default_headers,
    "cache-control",
    "idempotency-key",
    "if-match",
    "if-none-match",
    "last-event-id",
    "x-api-key",
]
CORS_EXPOSE_HEADERS = ["ETag", "Idempotent-Replayed", "Location", "Retry-After", "X-Request-ID"]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL else []


def _kept_secret() -> str:
    """Return the secret kept in DATA_DIR, made at first use."""
    path = DATA_DIR / "secret_key"
    if not path.exists():
        made = DATA_DIR / f"secret_key.{secrets.token_hex(4)}"
        made.touch(mode=0o600)
        made.write_text(secrets.token_urlsafe(64))
        try:
            # A hard link fails when another process was first, and is never seen half-written.
            path.hardlink_to(made)
        except FileExistsError:
            pass
        finally:
            made.unlink()
    return path.read_text().strip()


# Signs sessions and tokens. One machine makes its own and keeps it in DATA_DIR; several must be given the same.
SECRET_KEY = env.str("SECRET_KEY", default="")
if not SECRET_KEY:
    if not EMBEDDED_DATABASE:
        raise ImproperlyConfigured("Set SECRET_KEY: every process of this installation must sign with the same one.")
    SECRET_KEY = _kept_secret()

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = True
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT else None
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

# Nothing runs or loads that this site did not send itself.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "blob:", "data:"],
        "media-src": [SELF, "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}


# -- Accounts -------------------------------------------------------------------------------------------------------

# Outgoing mail, as a URL such as smtp+tls://user:password@mail.example.org:587; by default it is printed to the log.
vars().update(env.email_url("EMAIL_URL", default="consolemail://"))
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", default="Chatsite <chatsite@localhost>")

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backend.Backend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# A file outside of the database to which the head of the audit ledger is appended; empty: none.
AUDIT_ANCHOR_FILE = env.str("AUDIT_ANCHOR_FILE", default="")
# How long staff may read a conversation once they have given a reason, in minutes.
READING_GRANT_MINUTES = env.float("READING_GRANT_MINUTES", default=60)
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "chat"
LOGOUT_REDIRECT_URL = "landing"


# -- Models ---------------------------------------------------------------------------------------------------------

# The model servers and how long they may take; all times in seconds.
LLM = {
    # Ollama's address.
    "ollama_base_url": env.str("OLLAMA_BASE_URL", default="http://127.0.0.1:11434"),
    # Any server that speaks OpenAI's protocol (OpenAI, Groq, vLLM, llama.cpp), and its key.
    "openai_base_url": env.str("OPENAI_BASE_URL", default=""),
    "openai_api_key": env.str("OPENAI_API_KEY", default=""),
    # The model of a new conversation, as "provider/name" or the bare name; empty: the first one found.
    "default_model": env.str("DEFAULT_MODEL", default=""),
    # How long to wait for a connection, the first token, the next token, and the whole answer.
    "connect_seconds": env.float("MODEL_CONNECT_SECONDS", default=5),
    "first_token_seconds": env.float("MODEL_FIRST_TOKEN_SECONDS", default=120),
    "between_tokens_seconds": env.float("MODEL_BETWEEN_TOKENS_SECONDS", default=60),
    "total_seconds": env.float("MODEL_TOTAL_SECONDS", default=1800),
    # The context window asked of Ollama, within what the model was trained for, or of who does not tell; in tokens.
    "context_length": env.int("MODEL_CONTEXT_LENGTH", default=8192),
    # Other windows for single models, by id or bare name, such as qwen3:8b=16384,openai/gpt-4o=128000.
    "context_lengths": {k: int(v) for k, v in (x.split("=") for x in env.list("MODEL_CONTEXT_LENGTHS", default=[]))},
    # How long Ollama keeps a model loaded after its last answer, such as 5m; empty: as the Ollama server is set.
    "keep_alive": env.str("OLLAMA_KEEP_ALIVE", default=""),
    # Offer the scripted model, for tests.
    "scripted": env.bool("SCRIPTED_MODEL", default=False),
}


# -- Conversations --------------------------------------------------------------------------------------------------

# How many answers one process works on at once for each provider; further ones wait in line and see their place.
CONCURRENT_TURNS = env.int("CONCURRENT_TURNS", default=512)

# How many calls each model server is sent at once by one process; further ones wait in a fair line.
CONCURRENT_CALLS = {
    "ollama": env.int("OLLAMA_CONCURRENT_CALLS", default=CONCURRENT_TURNS),
    "openai": env.int("OPENAI_CONCURRENT_CALLS", default=CONCURRENT_TURNS),
}

# How many answers of one person are written at the same time, and how many more may wait; 0 running sets no limit.
# A quota in the admin can set another number for a person or a group.
USER_RUNNING_TURNS = env.int("USER_RUNNING_TURNS", default=2)
USER_WAITING_TURNS = env.int("USER_WAITING_TURNS", default=3)

# Find out which kind of help each question asks for, and tell the model how to give it. Without, only what a person
# chooses counts.
DETECT_INTENT = env.bool("DETECT_INTENT", default=True)

# The functions that models may call, by name; empty: none. "get_weather" asks Open-Meteo, outside of this house, and is
# only there for whoever names it.
TOOLS = env.list(
    "TOOLS",
    default=[
        "get_session_stats",
        "search_chat_history",
        "get_all_sessions",
        "search_documents",
        "get_current_time",
        "calculate",
    ],
)

# Where the weather is asked for, by Open-Meteo's protocol; a service in one's own network must be allowed as such.
WEATHER = {
    "geocoding_url": env.str("WEATHER_GEOCODING_URL", default="https://geocoding-api.open-meteo.com/v1/search"),
    "forecast_url": env.str("WEATHER_FORECAST_URL", default="https://api.open-meteo.com/v1/forecast"),
    "allow_inner": env.bool("WEATHER_ALLOW_INNER", default=False),
}

# The file that names MCP servers, whose tools models may call too (docs/tools.md); empty: none. A tool that asks first
# waits so many seconds for its person, and is then not called.
MCP_CONFIG = env.str("MCP_CONFIG", default="")
TOOL_ASK_SECONDS = env.float("TOOL_ASK_SECONDS", default=120)

# The model that gives titles and writes summaries, as "provider/name" or the bare name; empty: the one that answered
# last in the conversation. It may take so many seconds for each call.
TASK_MODEL = env.str("TASK_MODEL", default="")
TASK_SECONDS = env.float("TASK_SECONDS", default=180)
# Let a model give each conversation its title, after the first whole answer.
AUTO_TITLES = env.bool("AUTO_TITLES", default=True)
# Let a model condense, in the background, what no longer fits its window; a digest by rule is there at once.
AUTO_DIGESTS = env.bool("AUTO_DIGESTS", default=True)
# A conversation that nobody has open ends after so many minutes without a word; 0: never by itself.
SESSION_IDLE_MINUTES = env.float("SESSION_IDLE_MINUTES", default=10)
# For so long the deletion of a conversation can be undone; 0: it is gone at once.
UNDO_DELETE_SECONDS = env.float("UNDO_DELETE_SECONDS", default=30)
# How many background jobs one process works on at once.
JOB_WORKERS = env.int("JOB_WORKERS", default=3)
HUEY["consumer"] = {"workers": JOB_WORKERS}

# The currency of quotas, and of the sums on the usage page; prices from genai-prices are in USD.
CURRENCY = env.str("CURRENCY", default="USD")

# How long running answers may go on after a stop signal before they are kept as interrupted, in seconds.
DRAIN_SECONDS = env.float("DRAIN_SECONDS", default=10)

# The longest question, in bytes of UTF-8.
MESSAGE_MAX_BYTES = 128 * 1024

# The largest file that can be attached, and all files of one person together, in bytes; 0 together sets no limit.
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=20 * 1024 * 1024)
USER_FILES_BYTES = env.int("USER_FILES_BYTES", default=1024 * 1024 * 1024)
# How many files one question may have.
UPLOADS_PER_TURN = env.int("UPLOADS_PER_TURN", default=10)
# How many files one person may upload in a minute; 0 sets no limit.
UPLOADS_PER_MINUTE = env.int("UPLOADS_PER_MINUTE", default=60)
# A file that was uploaded and never sent is deleted after this many hours.
UPLOAD_KEPT_HOURS = env.float("UPLOAD_KEPT_HOURS", default=24)

# How many exports one person may have made in a minute; 0 sets no limit.
EXPORTS_PER_MINUTE = env.int("EXPORTS_PER_MINUTE", default=30)
# The largest file that can be imported, in bytes (an archive may hold five times as much), and the most messages.
IMPORT_MAX_BYTES = env.int("IMPORT_MAX_BYTES", default=20 * 1024 * 1024)
IMPORT_MAX_MESSAGES = env.int("IMPORT_MAX_MESSAGES", default=20_000)

# Let people share a branch by a link that whoever has it can read; without, links that were made lead nowhere.
SHARING = env.bool("SHARING", default=True)

# How many sockets one person may have open, and one process in all.
SOCKETS_PER_USER = env.int("SOCKETS_PER_USER", default=20)
SOCKETS_PER_PROCESS = env.int("SOCKETS_PER_PROCESS", default=10_000)

# How many uploaded files one process reads at once; others wait their turn.
PARSERS = env.int("PARSERS", default=2)

# What the reading of one file may take: seconds by the clock, seconds of processor time, and memory.
PARSER_SECONDS = env.float("PARSER_SECONDS", default=15)
PARSER_CPU_SECONDS = env.int("PARSER_CPU_SECONDS", default=10)
PARSER_MEMORY_MB = env.int("PARSER_MEMORY_MB", default=512)


# WhiteNoise hands out files in chunks, and Django reads them in a thread: fine for files of this size.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")


# -- Django ---------------------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    # daphne brings Twisted with it, which only `runserver` needs.
    *(["daphne"] if "runserver" in sys.argv else []),
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "channels",
    "rest_framework",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "corsheaders",
    "csp",
    "django_htmx",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "huey.contrib.djhuey",
    "chatsite",
    "accounts",
    "llm",
    "conversations",
]

MIDDLEWARE = [
    "chatsite.middleware.probes",
    "chatsite.middleware.request_id",
    "chatsite.middleware.PrivateAnswers",
    "chatsite.middleware.Permissions",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "chatsite.middleware.Compression",
    "csp.middleware.CSPMiddleware",
    "corsheaders.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "chatsite.middleware.Addresses",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "chatsite.middleware.Languages",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.audit.origin.middleware",
    "chatsite.middleware.ExpectedErrors",
]

ROOT_URLCONF = "chatsite.urls"
ASGI_APPLICATION = "chatsite.asgi.application"

SESSION_ENGINE = "accounts.sessions"

TIME_ZONE = env.str("TIME_ZONE", default="UTC")

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# Nobody but a debugger reads source maps, and they take longest to compress.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = [*Compressor.SKIP_COMPRESS_EXTENSIONS, "map"]
# Where attached files are kept: by default in DATA_DIR. For a bucket, install django-storages and name its backend,
# with its options as JSON, such as {"bucket_name": "chat", "endpoint_url": "https://..."}.
FILE_STORAGE = env.str("FILE_STORAGE", default="django.core.files.storage.FileSystemStorage")
FILE_STORAGE_OPTIONS = env.json("FILE_STORAGE_OPTIONS", default={})
MEDIA_ROOT = DATA_DIR / "files"
# Never in memory: a file goes from the network to the disk, and from there to its parser.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o600
STORAGES = {
    "default": {"BACKEND": FILE_STORAGE, "OPTIONS": FILE_STORAGE_OPTIONS},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

CSRF_FAILURE_VIEW = "chatsite.errors.csrf_failure"

from accounts.conf import *  # noqa: E402, F403
from chatsite.conf import *  # noqa: E402, F403
from chatsite.conf import LOGGING, REST_FRAMEWORK  # noqa: E402
from chatsite.languages import named  # noqa: E402
from conversations.conf import *  # noqa: E402, F403

REST_FRAMEWORK["NUM_PROXIES"] = PROXY_COUNT
LOGGING["root"]["level"] = env.str("LOG_LEVEL", default="INFO")
# The languages that people can choose, and the one for whoever reads none of them.
LANGUAGES = named(env.list("LANGUAGES", default=["en", "de", "fr", "es"]))
LANGUAGE_CODE = env.str("LANGUAGE_CODE", default="en")
