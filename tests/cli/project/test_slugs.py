"""The client's slugs are the server's and the SDK's."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from apps.resources.identity import slug_from_name
from cli.project.slugs import slug_of


@settings(database=None, max_examples=300, deadline=None)
@given(st.text(alphabet=st.one_of(st.sampled_from("aZ0 -_.\t"), st.characters()), max_size=12))
def test_they_agree_with_the_server(name: str) -> None:
    assert slug_of(name) == slug_from_name(name)


def test_examples() -> None:
    assert slug_of("Support Bot!") == "support-bot"
    assert slug_of("--a  b--") == "a-b"
    assert slug_of("!!!") == ""
