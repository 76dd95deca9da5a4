"""Django settings: the server side's only reader of the environment.

The daemon hands each unit what it found in the configuration; by hand (`manage.py`) the same is found again, so
that it means the same data. What only the server has a use for is a variable, named here and nowhere else.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import environ

from apps.backends import config, local_settings, version
from apps.backends.local.paths import DataPaths
from stigmer_site import given
from stigmer_site.host_name import name_of
from stigmer_site.private_text import private_text

env = environ.Env()
# A unit of a server of many machines (`stigmer serve`). Otherwise nothing of it is loaded.
CLOUD = given.is_cloud(env.ENVIRON)
if CLOUD:
    from stigmer_site.cloud import variables

    variables.read_file(env.ENVIRON)
    variables.check(env.ENVIRON)
configured = local_settings.from_environ(env.ENVIRON) or config.load(environ=env.ENVIRON).local

VERSION = version.VERSION
DATA_DIR = Path(configured.data_dir, "serve") if CLOUD else Path(configured.data_dir)
ENDPOINT = configured.endpoint
WEB = configured.web
TEMPORAL_ADDRESS = variables.text(env.ENVIRON, variables.TEMPORAL) if CLOUD else configured.temporal_address
TEMPORAL_NAMESPACE = env.str("STIGMER_TEMPORAL_NAMESPACE", default="") or "default"
if CLOUD:
    TEMPORAL_NAMESPACE = env.str("TEMPORAL_NAMESPACE", default="") or TEMPORAL_NAMESPACE
SUPERVISOR_FD = env.int("STIGMER_SUPERVISOR_FD", default=-1)
UNARY_WORKERS = env.int("STIGMER_UNARY_WORKERS", default=6)
GRPC_REFLECTION = env.bool("STIGMER_GRPC_REFLECTION", default=True)
LOCAL_ORGANIZATION = "local"
LOCAL_ACTOR = "local"
STATE_FILE = DATA_DIR / "run" / "state.json"
RUN_DIR = DATA_DIR / "run"
DAMAGE_FILE = Path(DataPaths(str(DATA_DIR)).damage)
# Prices of models that the user knows better: see docs/runs.md.
PRICES_FILE = Path(DataPaths(str(DATA_DIR)).prices)
NOTIFY_TROUBLE_FILE = Path(DataPaths(str(DATA_DIR)).notify_trouble)
UI_TOKEN_DIR = RUN_DIR / "ui"
QUEUE_FILE = DATA_DIR / "queue.db"
# RabbitMQ for the runs of agents on PostgreSQL: `amqp://USER:PASSWORD@HOST:PORT/VHOST`.
BROKER_URL = variables.text(env.ENVIRON, variables.BROKER) if CLOUD else given.broker(env.ENVIRON)
# Runs at a time. They mostly wait for models and tools.
RUNNER_WORKERS = env.int("STIGMER_RUNNER_WORKERS", default=8)
# How long a tool server may take to start (npx may have to fetch it first), and one call of a tool.
TOOL_START_SECONDS = env.float("STIGMER_TOOL_START_SECONDS", default=60.0)
TOOL_SECONDS = env.float("STIGMER_TOOL_SECONDS", default=120.0)
# What one run of an agent may use; 0 means no limit.
RUN_LIMITS = {
    "turns": env.int("STIGMER_RUN_TURNS", default=50),
    "tokens": env.int("STIGMER_RUN_TOKENS", default=2_000_000),
    "tool_calls": env.int("STIGMER_RUN_TOOL_CALLS", default=200),
    "seconds": env.float("STIGMER_RUN_SECONDS", default=3600.0),
    "context_tokens": env.int("STIGMER_RUN_CONTEXT_TOKENS", default=100_000),
}
# How long what a workflow's run did is kept once it has failed.
RETRY_DAYS = int(configured.text("backend.local.execution.retry_days"))

# What machines that share a PostgreSQL database are given alike: one secret that never changes, the keys that secrets
# are encrypted with (a text, or the path of a file), and a directory for what is too large for rows.
SECRET = given.secret(env.ENVIRON)
GIVEN_KEYS = given.source(env.ENVIRON, "STIGMER_KEYS")
BLOBS_DIR = Path(env.str("STIGMER_BLOBS_DIR", default="") or DATA_DIR / "content")
SECRET_KEY = given.derived(SECRET, "pages") if SECRET else private_text(DATA_DIR / "keys" / "django")
SECRETS_KEY_DIR = DATA_DIR / "keys"
CONFIGURED = configured.values
MODEL_KEYS_FILE = Path(DataPaths(str(DATA_DIR)).model_keys)
# What callers must bring, "" where they need none: then only processes of our own user are answered.
_REQUIRES_TOKEN = configured.values["backend.local.require_token"] and not CLOUD
API_TOKEN = private_text(DATA_DIR / "keys" / "api-token") if _REQUIRES_TOKEN else ""
# Whether calls of the API bring an API key, whose account decides what they may do. Pages know no accounts yet.
ASKS_FOR_KEYS = CLOUD or env.bool("STIGMER_ASKS_FOR_KEYS", default=False)
# What tells this installation from every other at a Temporal, or a broker, that serves several. No secret.
INSTALLATION = given.derived(SECRET, "installation")[:16] if CLOUD else private_text(DATA_DIR / "installation", 9)
# What addresses that agents and workflows name may lead to; None, anywhere, on a machine of one's own.
REACH = variables.reach(env.ENVIRON) if CLOUD else None
# How long a unit that was told to end still answers everything, so that whoever sends it calls notices.
DRAIN_SECONDS = env.float("STIGMER_DRAIN_SECONDS", default=5.0)
# Whether proxies before us terminate TLS, and from where they connect; "" for anywhere, on loopback alone.
BEHIND_PROXY = env.str("STIGMER_TLS", default="") == "proxy"
PROXIES = env.str("STIGMER_PROXIES", default="")
TERMINATES_TLS = CLOUD and bool(env.str("STIGMER_TLS_CERT_FILE", default=""))

DEBUG = False
# Where the admin's pages are: see host_name.py.
WEB_NAME = name_of(SECRET_KEY)
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "[::1]", WEB_NAME]
ROOT_URLCONF = "stigmer_site.urls"
WSGI_APPLICATION = "stigmer_site.wsgi.application"
USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-us"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

INSTALLED_APPS = [
    "stigmer_site",
    "apps.resources",
    "apps.agents",
    "stigmer_site.apps.UnfoldConfig",
    "stigmer_site.apps.AdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_grpc_framework",
]
MIDDLEWARE = [
    "stigmer_site.admission.pages.own_user_only",
    "stigmer_site.middleware.own_host_only",
    "stigmer_site.middleware.security_headers",
    "stigmer_site.middleware.no_nul",
    "stigmer_site.middleware.same_origin_only",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "stigmer_site.own_name.own_name_first",
    "stigmer_site.admission.pages.token_or_session",
    "django.contrib.messages.middleware.MessageMiddleware",
]
SIGN_IN_VIEW = "stigmer_site.sign_in.sign_in"
if CLOUD:
    # By which names browsers know the admin; those who visit it bring an API key once, and have a session then.
    WEB_HOSTS = variables.web_hosts(env.ENVIRON)
    ALLOWED_HOSTS = WEB_HOSTS
    SIGN_IN_VIEW = "stigmer_site.cloud.sign_in.sign_in"
    MIDDLEWARE = [
        "stigmer_site.cloud.pages.proxies_only",
        "stigmer_site.cloud.pages.own_names_only",
        *(each for each in MIDDLEWARE if each not in variables.OF_LOOPBACK),
        "stigmer_site.cloud.pages.known_caller",
    ]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]
STATIC_URL = "/static/"
# Straight out of the packages, so that an installed wheel needs no collecting.
WHITENOISE_USE_FINDERS = True
WHITENOISE_ALLOW_ALL_ORIGINS = False
# Browsers keep cookies by host, not by port: two installations on one machine must not share a name.
_WEB_PORT = WEB.rpartition(":")[2]
SESSION_COOKIE_NAME = f"stigmer_session_{_WEB_PORT}"
SESSION_COOKIE_SAMESITE = "Strict"
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_NAME = f"stigmer_csrf_{_WEB_PORT}"
CSRF_COOKIE_SAMESITE = "Strict"
CSRF_COOKIE_HTTPONLY = True
if CLOUD:
    SESSION_COOKIE_AGE = 12 * 3600
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_PROXY or TERMINATES_TLS
CSRF_FAILURE_VIEW = "stigmer_site.error_pages.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
# The theme would keep search results for minutes.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
# Forms carry whole specs as YAML; larger ones come through the command line.
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
UNFOLD = {
    "SITE_TITLE": "Stigmer",
    "SITE_HEADER": "Stigmer",
    "SITE_SUBHEADER": "Control plane" if CLOUD else "Local control plane",
    "SITE_URL": None,
    "SITE_ICON": f"{STATIC_URL}stigmer/logo.svg",
    "SITE_FAVICONS": [{"rel": "icon", "type": "image/svg+xml", "href": f"{STATIC_URL}stigmer/logo.svg"}],
    "STYLES": [f"{STATIC_URL}stigmer/stigmer.css"],
    "SCRIPTS": [f"{STATIC_URL}stigmer/theme.js"],
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "COMMAND": {"search_models": False, "search_callback": "stigmer_site.navigation.find"},
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "stigmer_site.navigation.sections",
    },
}
GRPC_FRAMEWORK = {"ROOT_HANDLERS_HOOK": "stigmer_site.handlers.grpc_handlers"}

# A statement that waits for a lock, or runs, for longer than this is told as "busy"; nothing may wait without end.
POSTGRESQL_OPTIONS = "-c lock_timeout=20s -c statement_timeout=60s -c idle_in_transaction_session_timeout=60s"


def database_settings(url: str) -> dict[str, Any]:  # Any: as Django has them
    """Django's settings of the database at `url`: `sqlite:///FILE`, `postgres://USER:PASSWORD@HOST:PORT/NAME`.

    A socket's directory as host is percent-encoded: `postgres://stigmer@%2Frun%2Fpostgresql/stigmer`.
    """
    database: dict[str, Any] = env.db_url_config(url)
    options = database.setdefault("OPTIONS", {})
    # The threads that answer calls are as many as they will ever be: each keeps its connection.
    database["CONN_MAX_AGE"] = None
    if database["ENGINE"] == "django.db.backends.sqlite3":
        options |= {
            # A transaction that may write takes the lock at once; a later upgrade could not wait for it.
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON;",
        }
    else:
        # django-environ takes such a host for a name, in small letters.
        host = unquote(urlsplit(url).netloc.rpartition("@")[2].partition(":")[0])
        if host.startswith("/"):
            database["HOST"] = host
        # Pages may find that the server was restarted since the last one.
        database["CONN_HEALTH_CHECKS"] = True
        options.setdefault("connect_timeout", 10)
        options.setdefault("application_name", "stigmer")
        options.setdefault("options", POSTGRESQL_OPTIONS)
    return database


def through_pooler(database: dict[str, Any]) -> dict[str, Any]:
    """Of a database whose connections are lent for a transaction at a time: no cursor outlives one.

    Poolers refuse connections that ask for options. Unless the URL does, the role has to have the time-outs.
    """
    options = {name: value for name, value in database["OPTIONS"].items() if value != POSTGRESQL_OPTIONS}
    return {**database, "OPTIONS": options, "DISABLE_SERVER_SIDE_CURSORS": True}


if CLOUD:
    DATABASES = {"default": database_settings(variables.text(env.ENVIRON, variables.DATABASE))}
    if _listen := variables.text(env.ENVIRON, variables.LISTEN):
        # For what lasts longer than a transaction, which poolers do not keep together.
        DATABASES = {"default": through_pooler(DATABASES["default"]), "listen": database_settings(_listen)}
else:
    DATABASES = {
        "default": database_settings(env.str("STIGMER_DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'stigmer.db'}"))
    }

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    # The theme imports PostgreSQL's driver wherever it is installed: 9 MB and a tenth of a second for nothing.
    sys.modules.setdefault("psycopg", None)  # type: ignore[arg-type]  # Python's way to say that there is none

# Django has two libraries that nothing here uses (forms in Jinja, colours of its own commands) wherever they are
# installed, as beside the tools of the docs: 50 ms and 5 MB.
for _unused in ("jinja2", "colorama"):
    sys.modules.setdefault(_unused, None)  # type: ignore[arg-type]  # as above

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": f"stigmer_site.{'cloud.json_logs.JsonFormatter' if CLOUD else 'logs.LineFormatter'}"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("STIGMER_LOG_LEVEL", default="INFO")},
}
