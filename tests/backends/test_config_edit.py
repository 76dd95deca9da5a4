from __future__ import annotations

import difflib
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from apps.backends import config
from apps.backends.config import BadValue, BrokenFile, ConfigError, UnknownKey

ENDPOINT = "backend.local.endpoint"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "home" / "config.yaml"


def written(file: Path, text: str) -> Path:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)
    return file


def read(file: Path, path: str) -> object:
    return config.load(environ={"STIGMER_HOME": str(file.parent)}).get(path).value


def test_the_first_setting_makes_the_file_for_its_owner_only(file: Path) -> None:
    assert config.set_value(str(file), ENDPOINT, "localhost:6000")
    assert file.read_text() == "backend:\n  local:\n    endpoint: localhost:6000\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "# mine\nbackend:\n  local:\n    endpoint: localhost:1  # why\n  type: local\n",
            "# mine\nbackend:\n  local:\n    endpoint: localhost:6000  # why\n  type: local\n",
        ),
        (
            "backend:\n  local:\n    web: localhost:1  # why\n    # below\n",
            "backend:\n  local:\n    web: localhost:1  # why\n    endpoint: localhost:6000\n    # below\n",
        ),
        ("backend:\n  type: local", "backend:\n  type: local\n  local:\n    endpoint: localhost:6000\n"),
        ("backend: {type: local}  # short\n", "backend: {type: local, local: {endpoint: localhost:6000}}  # short\n"),
        ("backend: {local: {}}\n", "backend: {local: {endpoint: localhost:6000}}\n"),
        ("backend:\n  local:  # nothing yet\n", "backend:\n  local: {endpoint: localhost:6000}  # nothing yet\n"),
        ("backend:\n", "backend: {local: {endpoint: localhost:6000}}\n"),
        ("# only words\n", "# only words\nbackend:\n  local:\n    endpoint: localhost:6000\n"),
        (
            "backend:\n   local:\n      llm:\n         model: m\n   type: local\n",
            "backend:\n   local:\n      llm:\n         model: m\n      endpoint: localhost:6000\n   type: local\n",
        ),
        ('backend:\n  local:\n    "endpoint": "localhost:1"\n', 'backend:\n  local:\n    "endpoint": localhost:6000\n'),
        ("backend:\r\n  local:\r\n    endpoint: localhost:1\r\n", "backend:\n  local:\n    endpoint: localhost:6000\n"),
    ],
)
def test_comments_order_and_layout_stay(file: Path, before: str, after: str) -> None:
    comments_kept = config.set_value(str(written(file, before)), ENDPOINT, "localhost:6000")
    assert file.read_text() == after
    assert comments_kept
    assert read(file, ENDPOINT) == "localhost:6000"


PEOPLE_WRITE = {
    "backend.local.endpoint": ["localhost:1", "'localhost:1'"],
    "backend.local.data_dir": ["/srv/data", '"/srv/data"', "~/data"],
    "backend.local.llm.model": ["m", "'a: b'", '"two words"'],
    "backend.local.temporal.version": ["1.10", "'1.6'"],
    "backend.local.temporal.managed": ["false", "true"],
    "backend.cloud.org_id": ["acme"],
}
CHANGED_TO = {path: values[0].replace("1", "9").replace("m", "n") for path, values in PEOPLE_WRITE.items()}
NOTES = some.sampled_from(["", "", "# a note", "# another: {", "#"])


@some.composite
def files(draw: some.DrawFn) -> list[str]:
    """Lines of a configuration in block style, as people write it: any keys, any order within a section, notes."""
    step = draw(some.sampled_from([2, 3, 4]))
    lines: list[str] = []
    sections: list[str] = []
    for path in sorted(draw(some.sets(some.sampled_from(sorted(PEOPLE_WRITE)), min_size=1))):
        *names, name = path.split(".")
        for depth, section in enumerate(names):
            if sections[: depth + 1] != names[: depth + 1]:
                sections = names[: depth + 1]
                lines.append(" " * step * depth + f"{section}:")
        indent = " " * step * len(names)
        note = draw(NOTES)
        lines += [indent + note] * bool(note)
        behind = draw(NOTES)
        lines.append(f"{indent}{name}: {draw(some.sampled_from(PEOPLE_WRITE[path]))}" + f"   {behind}" * bool(behind))
    last = draw(NOTES)
    return [*lines, *[last] * bool(last)]


@settings(database=None, deadline=None)
@given(lines=files(), path=some.sampled_from(sorted(PEOPLE_WRITE)))
def test_no_other_line_changes(lines: list[str], path: str) -> None:
    before = "\n".join(lines) + "\n"
    value = CHANGED_TO[path]
    with TemporaryDirectory() as home:
        file = Path(home) / "config.yaml"
        file.write_text(before)
        assert config.set_value(str(file), path, value)
        after = file.read_text().splitlines()
    name = path.rpartition(".")[2]
    removed = [line for line in difflib.ndiff(lines, after) if line.startswith("- ")]
    added = [line for line in difflib.ndiff(lines, after) if line.startswith("+ ")]
    assert all(line.split()[1] == f"{name}:" for line in removed)
    assert len(removed) <= 1
    assert [line.split()[1] for line in added[-1:]] in ([], [f"{name}:"])
    assert all(line.endswith(":") for line in added[:-1])


@settings(database=None, deadline=None)
@given(lines=files(), path=some.sampled_from(sorted(PEOPLE_WRITE)))
def test_what_is_taken_out_is_a_line_and_the_sections_that_it_leaves_empty(lines: list[str], path: str) -> None:
    name = path.rpartition(".")[2]
    with TemporaryDirectory() as home:
        file = Path(home) / "config.yaml"
        file.write_text("\n".join(lines) + "\n")
        before = config.load(environ={"STIGMER_HOME": home}).settings
        was_set = before[path].origin is config.Origin.FILE
        assert config.unset_value(str(file), path) is (True if was_set else None)
        after = config.load(environ={"STIGMER_HOME": home}).settings
        changes = [line for line in difflib.ndiff(lines, file.read_text().splitlines()) if line[:1] in "+-"]
    kept = {each: (setting.value, setting.origin) for each, setting in before.items() if each != path}
    assert {each: (setting.value, setting.origin) for each, setting in after.items() if each != path} == kept
    assert after[path].origin is config.Origin.DEFAULT
    assert [line.split()[1] for line in changes[-1:]] == ([f"{name}:"] if was_set else [])
    assert all(line.startswith("- ") and line.endswith(":") for line in changes[:-1])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("backend: {type: local, local: {web: 'localhost:3', endpoint: 'localhost:1'}}\n",) * 2,
        ("backend: {type: local, local: {endpoint: 'localhost:1'}}\n", "backend: {type: local}\n"),
        (
            "# mine\nbackend:\n  local:\n    # the port\n    endpoint: localhost:1 # was 2\n# end\n",
            "# mine\n    # the port\n# end\n",
        ),
        (
            "backend:\n  local:\n    endpoint: |-\n      localhost:1\n    # next\n    web: localhost:3\n",
            "backend:\n  local:\n    # next\n    web: localhost:3\n",
        ),
        ("backend:\n  local:\n    endpoint:\n      localhost:1\n  type: local\n", "backend:\n  type: local\n"),
    ],
)
def test_any_layout_loses_the_key_alone(file: Path, before: str, after: str) -> None:
    assert config.unset_value(str(written(file, before)), ENDPOINT)
    assert file.read_text() == after.replace(", endpoint: 'localhost:1'", "")


def test_what_is_not_set_is_not_taken_out(file: Path) -> None:
    assert config.unset_value(str(file), ENDPOINT) is None
    assert not file.exists()
    with pytest.raises(UnknownKey):
        config.unset_value(str(file), "backend.local.endpont")


def test_every_key_can_be_set_and_read_back(file: Path) -> None:
    samples = {"HOST:PORT": "example.com:1", "HOST:PORT on this machine": "[::1]:6000", "port": "6000"}
    samples |= {
        "URL": "http://example.com",
        "mail address": "me@example.com",
        "smtp(s) URL": "smtps://me@mail.example.com",
        "directory": "/var/data",
        "text": "a: b # c",
        "file": "/opt/x",
        "version": "1.6",
        "days": "30",
        "true | false": "false",
    }
    for key in config.KEYS:
        if key.in_file:
            text = samples.get(key.type.name) or key.type.name.split(" | ")[-1]
            assert config.set_value(str(file), key.path, text)
            assert read(file, key.path) == key.type.parse(text)
            values = file.read_text()
            assert config.unset_value(str(file), key.path)
            assert config.set_value(str(file), key.path, text)
            assert sorted(file.read_text().splitlines()) == sorted(values.splitlines())
    assert len(file.read_text().splitlines()) > 10


def test_a_home_stays_a_tilde_in_the_file(file: Path) -> None:
    config.set_value(str(file), "backend.local.data_dir", "~/elsewhere")
    assert "data_dir: ~/elsewhere" in file.read_text()
    assert read(file, "backend.local.data_dir") == str(Path("~/elsewhere").expanduser())


def test_a_layout_that_cannot_be_edited_is_written_anew_and_that_is_told(file: Path) -> None:
    written(
        file, "# lost\nbackend:\n  ? local\n  : ? endpoint\n    : localhost:1\n    ? web\n    : |-\n      localhost:2\n"
    )
    comments_kept = config.set_value(str(file), "backend.local.web", "localhost:3")
    assert (read(file, ENDPOINT), read(file, "backend.local.web")) == ("localhost:1", "localhost:3")
    assert comments_kept == ("# lost" in file.read_text())


@pytest.mark.parametrize(
    ("path", "text", "error"),
    [
        ("backend.local.endpont", "x", UnknownKey),
        ("backend.local", "x", UnknownKey),
        (ENDPOINT, "nonsense", BadValue),
        ("backend.local.llm.openai_api_key", "sk-1", BadValue),
    ],
)
def test_what_is_wrong_changes_nothing(file: Path, path: str, text: str, error: type[ConfigError]) -> None:
    before = "backend:\n  type: local\n"
    with pytest.raises(error) as wrong:
        config.set_value(str(written(file, before)), path, text)
    assert file.read_text() == before
    assert path in wrong.value.message
    assert list(file.parent.iterdir()) == [file]


def test_a_broken_file_is_not_overwritten(file: Path) -> None:
    written(file, "backend: {\n")
    with pytest.raises(BrokenFile, match="not valid YAML"):
        config.set_value(str(file), ENDPOINT, "localhost:6000")
    assert file.read_text() == "backend: {\n"


def test_a_file_open_to_others_is_closed(file: Path) -> None:
    written(file, "backend: {}\n").chmod(0o644)
    config.set_value(str(file), "backend.cloud.token", "stk_1")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_a_link_stays_a_link(file: Path, tmp_path: Path) -> None:
    real = tmp_path / "dotfiles.yaml"
    real.write_text("backend: {}\n")
    file.parent.mkdir()
    file.symlink_to(real)
    config.set_value(str(file), ENDPOINT, "localhost:6000")
    assert file.is_symlink()
    assert "localhost:6000" in real.read_text()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(BrokenFile, match=r"config\.yaml: cannot be"):
        config.set_value(str(tmp_path / "home" / "config.yaml"), ENDPOINT, "localhost:6000")
