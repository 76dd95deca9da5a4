"""Every setting there is: one row each. What is not here is an unknown key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from apps.backends.config.values import (
    ADDRESS,
    BASE_URL,
    BOOLEAN,
    DAYS,
    DIRECTORY,
    FILE,
    LOOPBACK,
    MAIL,
    PORT,
    SMTP,
    TEXT,
    VERSION,
    WEBHOOK,
    Value,
    ValueType,
    choice,
)
from apps.backends.local_settings import TEMPORAL_VERSION
from apps.shared.model_providers import OLLAMA, PROVIDERS

if TYPE_CHECKING:
    from collections.abc import Mapping


class Key(NamedTuple):
    """`path` is the dotted path in config.yaml; `default` None means unset, `{home}` in it the Stigmer home.

    `env` is the environment variable that overrides it, or "". A `secret` is never printed. Where
    `in_file` is false, the environment is the only place.
    """

    path: str
    type: ValueType
    default: Value | None
    description: str
    env: str = ""
    secret: bool = False
    in_file: bool = True

    @property
    def is_for_the_cloud(self) -> bool:
        """It leads nowhere yet, so nobody is told of it who has not set it."""
        return self.path.startswith("backend.cloud.")

    @property
    def example(self) -> str:
        """A value that is right, as it is written; "" where the default is none that could be typed."""
        if self.default is None or "{home}" in str(self.default):
            return ""
        return str(self.default).lower() if isinstance(self.default, bool) else str(self.default)

    def command(self, value: object, environ: Mapping[str, str]) -> str:
        """What to type to give it `value`: to its variable where that is set, for it wins over the file."""
        if self.env and environ.get(self.env):
            return f"export {self.env}={value}"
        return f"stigmer config set {self.path} {value}"


LOCAL: Final = "local"

KEYS: Final = (
    Key("backend.type", choice(LOCAL, "cloud"), LOCAL, "Where resources live", "STIGMER_BACKEND"),
    Key(
        "backend.local.endpoint",
        LOOPBACK,
        "localhost:50051",
        "Where the local server listens (gRPC)",
        "STIGMER_SERVER_ADDR",
    ),
    Key("backend.local.web", LOOPBACK, "127.0.0.1:8234", "Where the admin is served (HTTP)", "STIGMER_WEB_ADDR"),
    Key(
        "backend.local.require_token",
        BOOLEAN,
        False,
        "Whether callers must bring the token in keys/api-token of data_dir",
        "STIGMER_REQUIRE_TOKEN",
    ),
    Key("backend.local.data_dir", DIRECTORY, "{home}/data", "Database, logs and the daemon's files"),
    Key(
        "backend.local.llm.provider",
        choice(*PROVIDERS),
        OLLAMA.name,
        "Who answers for agents",
        "STIGMER_LLM_PROVIDER",
    ),
    Key("backend.local.llm.model", TEXT, "qwen2.5-coder:7b", "Model that agents use", "STIGMER_LLM_MODEL"),
    Key(
        "backend.local.llm.base_url",
        BASE_URL,
        OLLAMA.url,
        "Where the model provider answers",
        "STIGMER_LLM_BASE_URL",
    ),
    Key(
        "backend.local.llm.anthropic_api_key",
        TEXT,
        None,
        "Key for Anthropic's models (environment only)",
        "ANTHROPIC_API_KEY",
        secret=True,
        in_file=False,
    ),
    Key(
        "backend.local.llm.openai_api_key",
        TEXT,
        None,
        "Key for OpenAI's models (environment only)",
        "OPENAI_API_KEY",
        secret=True,
        in_file=False,
    ),
    Key("backend.local.temporal.managed", BOOLEAN, True, "Whether the daemon runs Temporal itself"),
    Key("backend.local.temporal.version", VERSION, TEMPORAL_VERSION, "Version of Temporal that is downloaded"),
    Key(
        "backend.local.temporal.port",
        PORT,
        7233,
        "Port of the Temporal that the daemon runs",
        "STIGMER_TEMPORAL_PORT",
    ),
    Key(
        "backend.local.temporal.path",
        FILE,
        None,
        "Program that the daemon runs as Temporal, before the one on PATH",
        "STIGMER_TEMPORAL_PATH",
    ),
    Key(
        "backend.local.temporal.address",
        ADDRESS,
        None,
        "Your own Temporal, used where managed is false (the variable alone is enough)",
        "TEMPORAL_SERVICE_ADDRESS",
    ),
    Key("backend.local.execution.mode", choice(LOCAL), LOCAL, "Where agents execute"),
    Key("backend.local.execution.retry_days", DAYS, 7, "How long runs of workflows that failed can be retried"),
    Key("backend.cloud.endpoint", ADDRESS, "api.stigmer.ai:443", "The cloud's API"),
    Key("backend.cloud.token", TEXT, None, "Key that the cloud knows its user by", "STIGMER_TOKEN", secret=True),
    Key("backend.cloud.org_id", TEXT, None, "Organization that commands work in", "STIGMER_ORG"),
    Key("backend.cloud.env_id", TEXT, None, "Environment that commands work in"),
    Key("notify.command", TEXT, None, "Program that is told of runs that fail, by JSON on its standard input"),
    Key(
        "notify.webhook",
        WEBHOOK,
        None,
        "Address that is told of runs that fail, by a POST of JSON",
        "STIGMER_NOTIFY_WEBHOOK",
        secret=True,
    ),
    Key(
        "notify.webhook_token",
        TEXT,
        None,
        "Bearer token for that address (environment only)",
        "STIGMER_NOTIFY_TOKEN",
        secret=True,
        in_file=False,
    ),
    Key("notify.mail", MAIL, None, "Who gets mail about runs that fail"),
    Key("notify.mail_from", MAIL, None, "Whom that mail comes from, where that is somebody else"),
    Key("notify.smtp", SMTP, "smtp://localhost:25", "Server that takes that mail; smtps:// is encrypted at once"),
    Key(
        "notify.smtp_password",
        TEXT,
        None,
        "Password of the user whom that address names (environment only)",
        "STIGMER_NOTIFY_SMTP_PASSWORD",
        secret=True,
        in_file=False,
    ),
    Key("notify.desktop", BOOLEAN, False, "Whether runs that fail are shown on the desktop"),
    Key("notify.recovery", BOOLEAN, True, "Whether it is told, too, when what had failed works again"),
)

BY_PATH: Final = {key.path: key for key in KEYS}
# Every mapping on the way to a key: `backend`, `backend.local` ...
SECTIONS: Final = frozenset(path.rsplit(".", depth)[0] for path in BY_PATH for depth in range(1, path.count(".") + 1))
