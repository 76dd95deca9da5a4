from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from apps.backends import config, kept_ports
from apps.backends.config import BadValue, BrokenFile, Config, ConfigError, Key, Origin, UnknownKey
from apps.backends.errors import BackendError, OrganizationNotLocal, OrganizationNotSet
from apps.backends.local_settings import LocalSettings, ManagedTemporal, from_json
from apps.backends.version import VERSION

EVERYTHING = """\
backend:
  type: cloud
  local:
    endpoint: 127.0.0.1:6000
    web: "[::1]:6001"
    data_dir: /var/lib/stigmer
    llm: {provider: openai, model: gpt-5, base_url: "https://api.openai.com/v1/"}
    temporal: {managed: false, version: 1.10, port: 7000, path: /opt/temporal, address: "temporal:7233"}
    execution: {mode: local, retry_days: 30}
    require_token: true
  cloud: {endpoint: "api.example.com:443", token: stk_1, org_id: org-1, env_id: env-1}
notify:
  {command: tell-me, webhook: "https://hooks.example.com/s3cret", desktop: true, recovery: false, mail: me@example.com,
  mail_from: you@example.com, smtp: "smtps://me@mail.example.com:465"}
"""
ENVIRONMENT_ONLY = {
    *("backend.local.llm.anthropic_api_key", "backend.local.llm.openai_api_key"),
    *("notify.webhook_token", "notify.smtp_password"),
}


class Home:
    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.file = directory / "config.yaml"

    def load(
        self,
        text: str | None = None,
        *,
        flags: dict[str, str] | None = None,
        project: dict[str, str] | None = None,
        **environ: str,
    ) -> Config:
        if text is not None:
            self.file.write_text(text)
        return config.load(environ={"STIGMER_HOME": str(self.directory), **environ}, flags=flags, project=project)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_the_version_is_the_packages() -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())
    assert project["project"]["version"] == VERSION


# Without a file


def test_no_file_is_needed(home: Home) -> None:
    settings = home.load().settings
    assert {path: setting.value for path, setting in settings.items() if setting.value is not None} == {
        "backend.type": "local",
        "backend.local.endpoint": "localhost:50051",
        "backend.local.web": "127.0.0.1:8234",
        "backend.local.data_dir": f"{home.directory}/data",
        "backend.local.llm.provider": "ollama",
        "backend.local.llm.model": "qwen2.5-coder:7b",
        "backend.local.llm.base_url": "http://localhost:11434",
        "backend.local.temporal.managed": True,
        "backend.local.temporal.version": "1.5.1",
        "backend.local.temporal.port": 7233,
        "backend.local.execution.mode": "local",
        "backend.local.execution.retry_days": 7,
        "backend.local.require_token": False,
        "backend.cloud.endpoint": "api.stigmer.ai:443",
        "notify.smtp": "smtp://localhost:25",
        "notify.desktop": False,
        "notify.recovery": True,
    }
    assert {setting.origin for setting in settings.values()} == {Origin.DEFAULT}
    assert not home.file.exists()


def test_the_local_backend_gets_what_it_needs(home: Home) -> None:
    loaded = home.load()
    local = {path: setting.value for path, setting in loaded.settings.items() if path.startswith("backend.local.")}
    assert loaded.local == LocalSettings(
        f"{home.directory}/data",
        "localhost:50051",
        "127.0.0.1:8234",
        "127.0.0.1:7233",
        ManagedTemporal(f"{home.directory}/cache", "1.5.1", ""),
        {path: value for path, value in local.items() if path not in ENVIRONMENT_ONLY},
        kept_ports.PORT_KEYS,
    )


def test_an_address_that_somebody_asks_for_is_not_movable(home: Home) -> None:
    asked = home.load(OWN % "port: 7233", STIGMER_SERVER_ADDR="localhost:50051")
    assert asked.local.movable == (kept_ports.ADMIN,)


def test_an_address_that_was_kept_counts_until_another_is_asked_for(home: Home) -> None:
    data_dir = Path(home.load().text("backend.local.data_dir"))
    data_dir.mkdir()
    kept_ports.keep_port(str(data_dir), kept_ports.API, "localhost:50077")
    kept_ports.keep_port(str(data_dir), kept_ports.TEMPORAL, "7277")
    kept = home.load()
    assert kept.get(kept_ports.API)[1:] == ("localhost:50077", Origin.KEPT, str(data_dir / "ports.json"))
    assert (kept.local.endpoint, kept.local.temporal_address) == ("localhost:50077", "127.0.0.1:7277")
    assert kept.local.movable == kept_ports.PORT_KEYS
    assert home.load(STIGMER_SERVER_ADDR="localhost:50051").local.endpoint == "localhost:50051"
    (data_dir / "ports.json").write_text('{"backend.local.endpoint": "example.com:1", "backend.local.web": [')
    assert home.load().local.endpoint == "localhost:50051"
    (data_dir / "ports.json").write_text("[" * 100_000)
    assert home.load().local.endpoint == "localhost:50051"
    (data_dir / "ports.json").write_text('{"backend.local.endpoint": "example.com:1"}')
    assert home.load().local.endpoint == "localhost:50051"


def test_a_daemon_is_told_everything_but_secrets(home: Home) -> None:
    for settings in (
        home.load(OPENAI_API_KEY="hush-hush").local,
        home.load(TEMPORAL_SERVICE_ADDRESS="box:1").local,
        LocalSettings("/d", "e:1", "w:2"),
    ):
        assert from_json(settings.to_json()) == settings
        assert "hush-hush" not in settings.to_json()


OWN = "backend: {local: {temporal: {%s}}}"


@pytest.mark.parametrize(
    ("text", "variable", "address"),
    [
        (OWN % "managed: false, address: 'box:7000'", "", "box:7000"),
        (OWN % "managed: false, port: 7100", "", "127.0.0.1:7100"),
        ("", "box:7001", "box:7001"),
    ],
)
def test_somebody_elses_temporal_is_used_and_not_run(home: Home, text: str, variable: str, address: str) -> None:
    settings = home.load(text, TEMPORAL_SERVICE_ADDRESS=variable).local
    assert (settings.temporal, settings.temporal_address) == (None, address)


def test_an_address_in_the_file_means_nothing_while_temporal_is_managed(home: Home) -> None:
    settings = home.load(OWN % "address: 'box:7000', port: 7100, path: ~/temporal").local
    assert settings.temporal_address == "127.0.0.1:7100"
    assert settings.temporal
    assert settings.temporal.program == str(Path("~/temporal").expanduser())


@pytest.mark.parametrize("version", ["../../etc", "1.5.x", "latest", "1..5"])
def test_a_version_that_is_none_is_refused(home: Home, version: str) -> None:
    with pytest.raises(BadValue, match="must be a version such as"):
        home.load(OWN % f"version: {version}")


def test_the_defaults_of_model_and_address_are_ollamas(home: Home) -> None:
    assert llm(home.load(STIGMER_LLM_PROVIDER="anthropic")) == ["anthropic", "", ""]
    given = home.load(STIGMER_LLM_PROVIDER="openai", STIGMER_LLM_MODEL="m", STIGMER_LLM_BASE_URL="http://llm")
    assert llm(given) == ["openai", "m", "http://llm"]


def llm(loaded: Config) -> list[str]:
    return [loaded.local.text(f"backend.local.llm.{name}") for name in ("provider", "model", "base_url")]


def test_home_is_in_the_users_home_unless_moved() -> None:
    assert config.config_path({}) == str(Path("~/.stigmer/config.yaml").expanduser())
    assert config.config_path({"STIGMER_HOME": "/srv/stigmer/"}) == "/srv/stigmer/config.yaml"


def test_a_relative_home_is_refused() -> None:
    with pytest.raises(BadValue, match="STIGMER_HOME must be an absolute path, got 'here'"):
        config.config_path({"STIGMER_HOME": "here"})


# From a file


def test_a_full_file_sets_every_key(home: Home) -> None:
    loaded = home.load(EVERYTHING)
    from_file = {path for path, setting in loaded.settings.items() if setting.origin is Origin.FILE}
    assert from_file == {key.path for key in config.KEYS} - ENVIRONMENT_ONLY
    assert loaded.text("backend.local.temporal.version") == "1.10"
    assert loaded.get("backend.local.temporal.managed").value is False
    assert loaded.get("backend.local.temporal.port").value == 7000
    assert loaded.text("backend.local.llm.base_url") == "https://api.openai.com/v1"


def test_a_partial_file_is_merged_with_the_defaults(home: Home) -> None:
    loaded = home.load("# mine\nbackend:\n  local:\n    endpoint: localhost:6000\n")
    endpoint = loaded.get("backend.local.endpoint")
    assert (endpoint.value, endpoint.origin, endpoint.where) == ("localhost:6000", Origin.FILE, f"{home.file}:4")
    assert loaded.get("backend.local.web").origin is Origin.DEFAULT


@pytest.mark.parametrize("text", ["", "# nothing\n", "---\n", "backend:\n", "backend:\n  local:\n    endpoint:\n"])
def test_what_is_empty_is_absent(home: Home, text: str) -> None:
    assert {setting.origin for setting in home.load(text).settings.values()} == {Origin.DEFAULT}


def test_a_home_in_a_path_is_resolved(home: Home) -> None:
    assert home.load("backend: {local: {data_dir: ~/stigmer-data}}").local.data_dir == str(
        Path("~/stigmer-data").expanduser()
    )


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("backend:\n  local:\n    endpont: x\n", 3, "unknown key `backend.local.endpont`"),
        ("backend:\n  type: local\nbackends: {}\n", 3, "unknown key `backends`"),
        ("backend: {local: {llm: {anthropic_api_key: x}}}\n", 1, "unknown key `backend.local.llm.anthropic_api_key`"),
        ("backend:\n  type: moon\n", 2, "`backend.type` must be local or cloud, got 'moon'"),
        ("backend:\n\n  local: 5\n", 3, "`backend.local` must be a mapping of settings"),
        ("backend:\n  type: [local]\n", 2, "`backend.type` must be a single value"),
        ("backend:\n  type: local\n  type: cloud\n", 3, "`backend.type` is given twice"),
        (
            "backend:\n  local:\n    endpoint: localhost\n",
            3,
            "must be HOST:PORT with a port from 1 to 65535, got 'localhost'",
        ),
        (
            "backend:\n  local:\n    endpoint: localhost:99999\n",
            3,
            "must be HOST:PORT with a port from 1 to 65535, got 'localhost:99999'",
        ),
        ("backend:\n  local:\n    endpoint: 0.0.0.0:50051\n", 3, "must be on this machine"),
        ("backend:\n  local:\n    web: example.com:80\n", 3, "must be on this machine"),
        ("backend:\n  local:\n    data_dir: data\n", 3, "must be an absolute path"),
        (
            "backend:\n  local:\n    llm:\n      provider: acme\n",
            4,
            "must be ollama, anthropic, openai or scripted, got 'acme'",
        ),
        ("backend:\n  local:\n    llm:\n      base_url: localhost\n", 4, "must be a URL"),
        *(
            (f"backend:\n  local:\n    llm:\n      base_url: '{url}'\n", 4, "must be a URL")
            for url in (
                "http://[::1",
                "http:///v1",
                "http://h:99999",
                "http://h:x",
                "http://h/v1?a=1",
                "http://h/#v1",
                "http://h/v 1",
            )
        ),
        ("backend:\n  local:\n    llm:\n      model: ''\n", 4, "`backend.local.llm.model` must not be empty"),
        ("backend:\n  local:\n    temporal:\n      managed: maybe\n", 4, "must be true or false, got 'maybe'"),
        ("backend:\n  local:\n    temporal:\n      port: 0\n", 4, "must be a port (1 to 65535), got '0'"),
        ("backend:\n  local:\n    temporal:\n      address: temporal\n", 4, "must be HOST:PORT"),
        ("notify:\n  mail: me@a, you@b\n", 2, "must be one address such as me@example.com"),
        ("notify:\n  smtp: mail.example.com\n", 2, "must be a URL such as smtps://me@mail.example.com"),
        ("notify:\n  smtp: smtp://me:pw@mail\n", 2, "must not hold the password: that is STIGMER_NOTIFY_SMTP_PASSWORD"),
        ("notify:\n  webhook: s3cret\n", 2, "must be a URL such as https://hooks.example.com/..."),
        ("backend:\n  local:\n    execution:\n      mode: remote\n", 4, "must be local, got 'remote'"),
        ("- backend\n", 1, "must be a mapping that begins with `backend:`"),
        ("just words\n", 1, "must be a mapping that begins with `backend:`"),
        ("backend:\n  local: {\n", 3, "not valid YAML"),
        ("backend:\n\ttype: local\n", 2, "column 1: not valid YAML"),
        ("a: 1\n---\nb: 2\n", 2, "not valid YAML"),
        ("backend: {<<: {type: local}}\n", 1, "unknown key `backend.<<`"),
        ("backend: &all\n  local: *all\n", 2, "unknown key `backend.local.local`"),
    ],
)
def test_a_mistake_is_one_sentence_with_key_file_and_line(home: Home, text: str, line: int, says: str) -> None:
    with pytest.raises(ConfigError) as wrong:
        home.load(text)
    assert says in wrong.value.message
    assert wrong.value.message.startswith(f"{home.file}:{line}: ")
    assert wrong.value.line == line


def test_an_address_with_a_password_is_not_repeated(home: Home) -> None:
    with pytest.raises(ConfigError) as wrong:
        home.load("backend:\n  local:\n    llm:\n      base_url: http://user:s3cret word@h\n")
    assert "s3cret" not in wrong.value.message
    assert "\n" not in wrong.value.message
    assert wrong.value.hint


def test_a_mistake_in_the_file_is_corrected_there(home: Home) -> None:
    with pytest.raises(BadValue) as wrong:
        home.load("backend:\n  type: moon\n")
    assert wrong.value.hint == f"Correct line 2 of {home.file}"


def test_a_misspelt_key_gets_the_nearest_as_a_hint(home: Home) -> None:
    with pytest.raises(UnknownKey) as wrong:
        home.load("backend:\n  local:\n    endpont: x\n")
    assert wrong.value.hint == "Did you mean `backend.local.endpoint`?"
    assert wrong.value.key == "backend.local.endpont"


def test_a_file_that_is_not_text_is_refused(home: Home) -> None:
    home.file.write_bytes(b"backend: \xff\n")
    with pytest.raises(BrokenFile, match=r"config.yaml: is not text in UTF-8 \(byte 9\)"):
        home.load()


def test_a_directory_in_its_place_is_refused(home: Home) -> None:
    home.file.mkdir()
    with pytest.raises(BrokenFile, match="cannot be read: is a directory"):
        home.load()


def test_a_link_to_nowhere_is_not_taken_for_no_file(home: Home) -> None:
    home.file.symlink_to(home.directory / "gone")
    with pytest.raises(BrokenFile, match="cannot be read: no such file"):
        home.load()


# The order


def test_flag_over_environment_over_project_over_file_over_default(home: Home) -> None:
    path = "backend.cloud.org_id"
    text = "backend: {cloud: {org_id: from-file}}"
    project = {path: "from-project"}
    env = "from-environment"
    seen = [
        home.load(text, project=project, flags={path: "from-flag"}, STIGMER_ORG=env).get(path),
        home.load(text, project=project, STIGMER_ORG=env).get(path),
        home.load(text, project=project).get(path),
        home.load(text).get(path),
        home.load("").get(path),
    ]
    assert [(setting.value, setting.origin.value) for setting in seen] == [
        ("from-flag", "flag"),
        ("from-environment", "environment"),
        ("from-project", "project"),
        ("from-file", "file"),
        (None, "default"),
    ]
    assert [setting.where for setting in seen] == ["", "STIGMER_ORG", "Stigmer.yaml", f"{home.file}:1", ""]


GOOD_VALUES = {
    "STIGMER_BACKEND": "cloud",
    "STIGMER_SERVER_ADDR": "localhost:1234",
    "STIGMER_WEB_ADDR": "127.0.0.1:1235",
    "STIGMER_LLM_PROVIDER": "anthropic",
    "STIGMER_LLM_MODEL": "claude",
    "STIGMER_LLM_BASE_URL": "http://llm:80",
    "ANTHROPIC_API_KEY": "sk-a",
    "OPENAI_API_KEY": "sk-o",
    "STIGMER_TEMPORAL_PORT": "7001",
    "STIGMER_TEMPORAL_PATH": "/opt/temporal",
    "TEMPORAL_SERVICE_ADDRESS": "temporal:7233",
    "STIGMER_REQUIRE_TOKEN": "true",
    "STIGMER_NOTIFY_WEBHOOK": "https://hooks.example.com/s3cret",
    "STIGMER_NOTIFY_SMTP_PASSWORD": "s3cret",
    "STIGMER_NOTIFY_TOKEN": "t0k",
    "STIGMER_TOKEN": "stk_env",
    "STIGMER_ORG": "acme",
}


def test_every_variable_of_the_table_is_tried_here() -> None:
    assert {key.env for key in config.KEYS if key.env} == set(GOOD_VALUES)


@pytest.mark.parametrize("key", [key for key in config.KEYS if key.env], ids=lambda key: key.env)
def test_each_variable_sets_its_key(home: Home, key: Key) -> None:
    environ = {"STIGMER_HOME": str(home.directory), key.env: GOOD_VALUES[key.env]}
    setting = config.load(environ=environ).get(key.path)
    assert (setting.value if setting.key.secret else setting.shown, setting.origin, setting.where) == (
        GOOD_VALUES[key.env],
        Origin.ENVIRONMENT,
        key.env,
    )


def test_an_empty_variable_is_absent(home: Home) -> None:
    assert home.load("", STIGMER_BACKEND="").backend_type == "local"


def test_a_bad_variable_is_named(home: Home) -> None:
    with pytest.raises(BadValue, match=r"^STIGMER_BACKEND \(`backend.type`\) must be local or cloud, got 'moon'$"):
        home.load(STIGMER_BACKEND="moon")


def test_a_bad_variable_is_set_or_unset_where_it_stands(home: Home) -> None:
    with pytest.raises(BadValue) as wrong:
        home.load(STIGMER_BACKEND="moon")
    assert wrong.value.hint == "Run `export STIGMER_BACKEND=local`, or `unset STIGMER_BACKEND`"
    with pytest.raises(BadValue) as wrong:
        home.load(STIGMER_TEMPORAL_PATH="bin/temporal")
    assert wrong.value.hint == "Run `unset STIGMER_TEMPORAL_PATH`"


def test_a_setting_is_changed_where_it_comes_from() -> None:
    key = config.find_key("backend.local.endpoint")
    assert key.command("localhost:1", {}) == "stigmer config set backend.local.endpoint localhost:1"
    environ = {"STIGMER_SERVER_ADDR": "localhost:2"}
    assert key.command("localhost:1", environ) == "export STIGMER_SERVER_ADDR=localhost:1"


def test_a_bad_flag_names_its_key(home: Home) -> None:
    with pytest.raises(BadValue, match=r"^`backend.type` must be local or cloud"):
        home.load(flags={"backend.type": "moon"})


# Showing


@pytest.mark.parametrize("path", ["backend.cloud.token", *sorted(ENVIRONMENT_ONLY)])
def test_secrets_are_never_shown(home: Home, path: str) -> None:
    variables = ["STIGMER_TOKEN", "ANTHROPIC_API_KEY", "OPENAI_API_KEY"]
    variables += ["STIGMER_NOTIFY_TOKEN", "STIGMER_NOTIFY_SMTP_PASSWORD"]
    environ: dict[str, str] = dict.fromkeys(variables, "hush-hush")
    setting = config.load(environ={"STIGMER_HOME": str(home.directory), **environ}).get(path)
    assert setting.value == "hush-hush"
    assert setting.shown == "********"
    assert "hush" not in repr(setting)


def test_a_damaged_secret_is_not_repeated_in_the_error(home: Home) -> None:
    with pytest.raises(BadValue) as wrong:
        home.load("", STIGMER_TOKEN="hush\nhush")
    assert "hush" not in wrong.value.message


def test_values_are_shown_as_they_are_written(home: Home) -> None:
    loaded = home.load()
    assert loaded.get("backend.local.temporal.managed").shown == "true"
    assert loaded.get("backend.cloud.org_id").shown == ""


def test_an_unknown_key_is_refused_with_the_nearest(home: Home) -> None:
    with pytest.raises(UnknownKey) as wrong:
        home.load().get("backend.local.endpoints")
    assert wrong.value.hint == "Did you mean `backend.local.endpoint`?"


def test_every_key_says_what_it_is_for() -> None:
    assert all(key.description and key.type.name for key in config.KEYS)


# Organizations


@pytest.mark.parametrize("flag", ["", "local"])
def test_locally_the_organization_is_always_local(home: Home, flag: str) -> None:
    loaded = home.load("backend: {cloud: {org_id: acme}}", STIGMER_ORG="local")
    assert config.resolve_organization(loaded, flag) == "local"
    assert config.resolve_organization(home.load("backend: {cloud: {org_id: acme}}"), flag) == "local"


def test_another_organization_is_refused_locally_and_told_why(home: Home) -> None:
    words = "organization 'acme' does not exist on the local backend: everything local belongs to 'local'"
    with pytest.raises(OrganizationNotLocal, match=words) as by_flag:
        config.resolve_organization(home.load(), "acme")
    with pytest.raises(OrganizationNotLocal, match=words) as by_variable:
        config.resolve_organization(home.load("", STIGMER_ORG="acme"))
    assert (by_flag.value.hint, by_variable.value.hint) == ("Leave out --org", "Run `unset STIGMER_ORG`")


def test_in_the_cloud_the_flag_wins_and_somebody_must_say(home: Home) -> None:
    acme = home.load("", STIGMER_BACKEND="cloud", STIGMER_ORG="acme")
    assert config.resolve_organization(acme, "other") == "other"
    assert config.resolve_organization(acme) == "acme"
    with pytest.raises(OrganizationNotSet, match="organization not set for cloud mode") as unset:
        config.resolve_organization(home.load("", STIGMER_BACKEND="cloud"))
    assert "stigmer context set --org" in unset.value.hint


def test_every_error_has_a_reason_of_its_own() -> None:
    def below(kind: type[BackendError]) -> list[type[BackendError]]:
        return [kind, *(found for child in kind.__subclasses__() for found in below(child))]

    ours = [kind for kind in below(BackendError) if kind.__module__.startswith("apps.backends")]
    reasons = [kind.reason for kind in ours]
    assert len(set(reasons)) == len(reasons)
    assert all(reason.startswith("stigmer.") for reason in reasons)
