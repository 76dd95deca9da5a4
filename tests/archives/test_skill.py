"""Archives of skills: good ones are read whole, and what is wrong with others is said, all of it."""

from __future__ import annotations

import io
import struct
import tracemalloc
import warnings
import zipfile
import zlib
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.archives.problems import BadArchive
from apps.archives.skill import Limits, SkillArchive, read_skill, unpack
from tests.support.archives import SKILL_MD, Content, archive, entry, with_skill

SMALL = Limits(packed=2000, unpacked=4000, entries=3, skill_md=500)


@pytest.fixture(autouse=True)
def _zipfile_may_warn() -> Iterator[None]:
    """Of names that are there twice, which is what some archives here are about."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        yield


def read(data: bytes, limits: Limits | None = None) -> SkillArchive:
    return read_skill(io.BytesIO(data), *([limits] if limits else []))


def problems(data: bytes, limits: Limits | None = None) -> list[str]:
    with pytest.raises(BadArchive) as caught:
        read(data, limits)
    return [str(problem) for problem in caught.value.problems]


def only(data: bytes, limits: Limits | None = None) -> str:
    (problem,) = problems(data, limits)
    return problem


def test_a_good_archive_is_read_whole() -> None:
    data = with_skill(
        (entry("docs/", mode=0o040755), b""), ("docs/é.md", "text"), (entry("run.sh", mode=0o100755), "#!/bin/sh")
    )
    found = read(data)
    assert (found.skill_md, found.size) == (SKILL_MD, len(data))
    assert (found.front_matter.name, found.front_matter.description) == ("greeting", "Greets people.")
    assert [(file.path, file.size) for file in found.files] == [
        ("SKILL.md", len(SKILL_MD)),
        ("docs/é.md", 4),
        ("run.sh", 9),
    ]
    files = {path: (b"".join(content), can_be_run) for path, content, can_be_run in unpack(io.BytesIO(data))}
    assert files["run.sh"] == (b"#!/bin/sh", True)
    assert files["docs/é.md"] == (b"text", False)


class Unseekable(io.RawIOBase):
    """As a pipe: sizes come behind the content."""

    def __init__(self) -> None:
        self.written = b""

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]  # only bytes come
        self.written += data
        return len(data)


@pytest.mark.parametrize("is_64", [False, True])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_archives_of_other_tools_are_read(is_64: bool, method: int) -> None:
    pipe = Unseekable()
    with zipfile.ZipFile(pipe, "w", method) as target:
        with target.open("SKILL.md", "w", force_zip64=is_64) as file:
            file.write(SKILL_MD.encode())
        target.writestr("empty", b"")
        target.comment = b"5c2b1c1f"  # as `git archive` writes it
    assert read(pipe.written).skill_md == SKILL_MD


NAMES = {
    "../evil": "leads out of the archive",
    "a/../../evil": "leads out of the archive",
    "/etc/passwd": "has an absolute path",
    "//server/share": "has an absolute path",
    "C:/evil": "has an absolute path",
    "c:evil": "has an absolute path",
    "..\\evil": "has a backslash in its name",
    "a/./b": 'has a path with a part that is empty or "."',
    "a//b": 'has a path with a part that is empty or "."',
    "a\x1b[31m": "has control characters in its name",
    "a\nb": "has control characters in its name",
    "a\u202eb": "has control characters in its name",
    "x" * 256: "has a path with a part of more than 255 bytes",
    "/".join(["x" * 99] * 11): "has a path of more than 1,024 bytes",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_could_lead_anywhere_else_is_refused(name: str) -> None:
    assert any(problem.endswith(NAMES[name]) for problem in problems(with_skill((entry(name), "x"))))


def test_a_name_with_a_nul_is_refused() -> None:
    data = with_skill((entry("nameXnul"), "x")).replace(b"nameXnul", b"name\x00nul")
    assert only(data) == '"name\\u0000nul" has control characters in its name'


def test_a_name_that_is_not_utf_8_is_refused() -> None:
    data = with_skill((entry("aab"), "x")).replace(b"aab", b"a\xffb")
    assert only(data) == '"a\\xffb" has a name that is not UTF-8'


@pytest.mark.parametrize(
    ("mode", "said"),
    [
        (0o120777, "is a symbolic link"),
        (0o010644, "is neither a file nor a folder"),
        (0o020644, "is neither a file nor a folder"),
        (0o140644, "is neither a file nor a folder"),
        (0o040755, "is a folder and is called like a file"),
    ],
)
def test_only_files_and_folders_are_taken(mode: int, said: str) -> None:
    assert only(with_skill((entry("thing", mode=mode), "/etc/passwd"))) == f'"thing" {said}'


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a", "a"), '"a" is there twice'),
        (("Read.md", "README.md", "read.MD"), '"read.MD" means the same file as "Read.md" somewhere'),
        (("é", "e\u0301"), "means the same file as"),
        (("straße", "STRASSE"), "means the same file as"),
        (("a", "a/b"), '"a/b" lies below something that is a file'),
        (("A", "a/b"), '"a/b" lies below something that is a file'),
    ],
)
def test_names_that_mean_one_file_somewhere_are_refused(names: tuple[str, ...], said: str) -> None:
    assert said in only(with_skill(*((entry(name), "x") for name in names)))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"README.md": "x"}, "has no SKILL.md at its root"),
        ({"my-skill/SKILL.md": "x"}, "must stand at the root: zip what is in my-skill, not my-skill itself"),
        ({"skill.md": "x"}, "must be called SKILL.md"),
        ({"SKILL.md": ""}, "is empty"),
        ({"SKILL.md": b"\xff\xfe#"}, "is not UTF-8: byte 1 cannot be read"),
        ({"SKILL.md": "a\x00b"}, "holds a NUL character"),
        ({"SKILL.md": "x" * 501}, "has more than 500 bytes"),
        ({"SKILL.md": "---\nname: Greeting\n---\n"}, "has a name in its front matter that is not made of"),
        ({"SKILL.md": "---\nname: [a]\n---\n"}, "has a name in its front matter that is no text"),
        ({"SKILL.md": "---\n- a\n---\n"}, "has front matter that is no mapping"),
        ({"SKILL.md": "---\nname: greeting\n"}, "begins with front matter that does not end"),
        ({"SKILL.md": "---\na: [\n---\n"}, "has front matter that cannot be read: line"),
        ({}, "has no SKILL.md at its root"),
    ],
)
def test_a_skill_needs_a_good_skill_md(files: dict[str, Content], said: str) -> None:
    assert said in only(archive(files, method=zipfile.ZIP_STORED), SMALL)


def test_a_description_has_a_longest() -> None:
    assert "more than 1,024 characters" in only(archive({"SKILL.md": f"---\ndescription: {'x' * 1025}\n---\n"}))


def test_front_matter_cannot_stand_for_more_than_is_read() -> None:
    bomb = "\n".join(["a: &a [x]", *(f"{chr(98 + n)}: &{chr(98 + n)} [{f'*{chr(97 + n)},' * 20}]" for n in range(9))])
    assert "cannot be read" in only(archive({"SKILL.md": f"---\n{bomb}\n---\n"}))
    assert "nested" in only(archive({"SKILL.md": f"---\na: {'[' * 5000}\n---\n"}))


@pytest.mark.parametrize("skill_md", ["x", "# Without front matter", "---\n---\nx", "\ufeff---\nname: a\n---\n"])
def test_front_matter_may_be_missing(skill_md: str) -> None:
    assert read(archive({"SKILL.md": skill_md})).skill_md == skill_md


def test_everything_that_is_wrong_is_said_at_once() -> None:
    found = problems(archive({"../a": "x", "/b": "x", "README.md": "x", "c\\d": "x"}))
    assert found == [
        '"../a" leads out of the archive',
        '"/b" has an absolute path',
        '"c\\d" has a backslash in its name',
        "has no SKILL.md at its root",
    ]


def test_of_very_many_problems_the_first_are_said() -> None:
    found = problems(with_skill(*((entry(f"../{number}"), "") for number in range(150))))
    assert (len(found), found[-1]) == (101, "has 50 more problems")


# Sizes, measured.


def test_entries_are_counted() -> None:
    assert only(archive({f"{number}": "" for number in range(10_001)})) == (
        "has 10,001 entries; at most 10,000 are allowed"
    )


def test_entries_are_counted_whatever_the_end_says() -> None:
    data = archive({f"{number}": "" for number in range(10_001)})
    assert only(data[:-14] + struct.pack("<2H", 5, 5) + data[-10:]) == "has more than 10,000 entries"


def test_an_archive_has_a_largest_size() -> None:
    data = archive({"SKILL.md": "x", "large": "x" * 2000}, method=zipfile.ZIP_STORED)
    assert "at most 2,000 are allowed" in only(data, SMALL)


def test_what_unpacks_to_too_much_is_refused_without_being_kept() -> None:
    data = with_skill(("zeros", bytes(50 * 1024 * 1024)))
    tracemalloc.start()
    assert only(data) == "unpacks to more than 100 times its own size"
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 5 * 1024 * 1024


def test_what_unpacks_to_more_than_is_allowed_is_refused() -> None:
    data = archive({"SKILL.md": "x", "large": "ab" * 2500})
    assert only(data, SMALL) == "unpacks to more than 4,000 bytes, which is all that is allowed"


@pytest.mark.parametrize("said", [0, 10, 1000])
def test_sizes_are_measured_and_not_believed(said: int) -> None:
    content = b"x" * 500
    data = with_skill(("lies", content))
    assert "has" in only(data.replace(struct.pack("<L", 500), struct.pack("<L", said)))


def test_a_checksum_is_checked() -> None:
    data = with_skill(("lies", b"content"))
    wrong = data.replace(struct.pack("<L", zlib.crc32(b"content")), struct.pack("<L", 7))
    assert only(wrong) == '"lies" is damaged: its checksum is another one'


# Structure.


def forged(change: Callable[[bytearray], None], data: bytes | None = None) -> bytes:
    forging = bytearray(data or with_skill(("a.txt", b"content")))
    change(forging)
    return bytes(forging)


def _encrypt(data: bytearray) -> None:
    for signature, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.rfind(signature) + at] |= 1


def _other_method(data: bytearray) -> None:
    for signature, at in ((b"PK\x03\x04", 8), (b"PK\x01\x02", 10)):
        data[data.rfind(signature) + at] = 12


def _other_name_inside(data: bytearray) -> None:
    data[data.find(b"a.txt")] = ord("b")


def _overlap(data: bytearray) -> None:
    """Both entries are the first one: the directory is made twice as long as what it lists."""
    at = data.rfind(b"PK\x01\x02")
    data[at + 42 : at + 46] = struct.pack("<L", 0)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_encrypt, "is encrypted"),
        (_other_method, "is compressed by method 12"),
        (_other_name_inside, "is described in two ways that contradict each other"),
        (_overlap, "is described in two ways that contradict each other"),
        (lambda data: data.extend(b"behind"), "does not end where its end record says"),
        (lambda data: data.insert(0, 0), "has something before"),
        (lambda data: data.__delitem__(slice(-1, None)), "is cut off in its end record"),
        (lambda data: data.__delitem__(slice(0, 5)), "has something before"),
        (lambda data: data.__delitem__(slice(len(data) // 2, None)), "is no zip archive, or its end is missing"),
        (lambda data: data.clear(), "is no zip archive"),
    ],
)
def test_an_archive_that_is_not_put_together_as_it_should_be_is_refused(
    change: Callable[[bytearray], None], said: str
) -> None:
    assert any(said in problem for problem in problems(forged(change) or b"\0"))


def test_entries_that_share_their_content_are_refused() -> None:
    """As in a bomb of Fifield's: one kernel of zeros, unpacked by every entry."""
    single = archive({"SKILL.md": SKILL_MD}, method=zipfile.ZIP_STORED)
    at = single.find(b"PK\x01\x02")
    directory, end = single[at:-22], single[-22:]
    twice = directory + directory.replace(b"SKILL.md", b"SKILL.mx")
    counted = end[:8] + struct.pack("<2HL", 2, 2, len(twice)) + end[16:]
    assert "contradict" in only(single[:at] + twice + counted)
    exact = end[:8] + struct.pack("<2HL", 2, 2, 2 * len(directory)) + end[16:]
    assert any("overlaps another entry" in problem for problem in problems(single[:at] + directory * 2 + exact))


def test_something_between_entries_is_refused() -> None:
    data = with_skill(("a.txt", b"content"))
    second, directory = data.rfind(b"PK\x03\x04"), data.find(b"PK\x01\x02")
    moved = bytearray(data[:second] + b"hidden" + data[second:])
    at = moved.rfind(b"PK\x01\x02")
    moved[at + 42 : at + 46] = struct.pack("<L", second + 6)
    moved[-6:-2] = struct.pack("<L", directory + 6)
    assert problems(bytes(moved)) == ['"SKILL.md" has something behind it']


def test_a_zip64_end_that_contradicts_the_other_is_refused() -> None:
    data = with_skill(("a.txt", b"content"))
    at, length = data.find(b"PK\x01\x02"), len(data) - 22 - data.find(b"PK\x01\x02")
    wide = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 2, 2, length, at)
    locator = struct.pack("<4sLQL", b"PK\x06\x07", 0, at + length, 1)
    assert read(data[:-22] + wide + locator + data[-22:]).skill_md == SKILL_MD
    lying = struct.pack("<4sQ2H2L4Q", b"PK\x06\x06", 44, 45, 45, 0, 0, 1, 1, length, at)
    assert "contradict" in only(data[:-22] + lying + locator + data[-22:])
    assert "zip64" in only(data[:-22] + wide[:-8] + locator + data[-22:])


@pytest.mark.parametrize("header", [b"PK\x01\x02\x14\x03", b"PK\x03\x04"], ids=["directory", "entry"])
def test_a_version_of_the_format_that_no_reader_knows_is_refused(header: bytes) -> None:
    data = bytearray(GOOD[0])
    data[data.index(header) + len(header)] = 64
    with pytest.raises(BadArchive, match=r"needs version 6\.4 of the zip format"):
        read(bytes(data))


GOOD = [
    with_skill(("docs/read.md", "text " * 50), (entry("run.sh", mode=0o100755), "#!/bin/sh")),
    archive({"SKILL.md": SKILL_MD, "é": b"\0" * 300}, method=zipfile.ZIP_STORED),
]


@given(
    st.sampled_from(GOOD),
    st.lists(st.tuples(st.integers(0, 2000), st.integers(0, 255), st.sampled_from("=+-x")), min_size=1, max_size=6),
)
@settings(max_examples=1500)
def test_a_mutated_archive_is_read_or_refused_and_nothing_else(
    good: bytes, changes: list[tuple[int, int, str]]
) -> None:
    data = bytearray(good)
    for at, value, what in changes:
        place = at % max(1, len(data))
        if what == "=":
            data[place : place + 1] = bytes([value])
        elif what == "+":
            data[place:place] = bytes([value]) * 3
        elif what == "-":
            del data[place : place + 1 + value % 8]
        else:
            data[place : place + 4] = b"\xff\xff\xff\xff"
    try:
        found = read(bytes(data))
    except BadArchive:
        return
    with zipfile.ZipFile(io.BytesIO(data)) as judge:  # what is read here is what others read
        assert {info.filename for info in judge.infolist() if not info.is_dir()} == {file.path for file in found.files}
        assert judge.read("SKILL.md").decode() == found.skill_md
