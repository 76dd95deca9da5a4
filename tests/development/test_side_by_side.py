"""Two installations on one machine, with nothing said of ports: each has its own, and every command finds them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.development.kit import Shop
from tests.development.test_dev import WAITING, Developing
from tests.support.daemon import Installation, temporary_installation

NO_PORTS = {"STIGMER_SERVER_ADDR": "", "STIGMER_WEB_ADDR": "", "STIGMER_TEMPORAL_PORT": ""}


@pytest.fixture
def two(tmp_path: Path) -> Iterator[list[Installation]]:
    with ExitStack() as stack:
        made = []
        for name in ("first", "second"):
            home = tmp_path / name
            home.mkdir()
            made.append(stack.enter_context(temporary_installation(home, STIGMER_UNITS="api,web,runner", **NO_PORTS)))
        yield made


def test_each_command_finds_the_installation_of_its_home(two: list[Installation], tmp_path: Path) -> None:
    shops = [Shop(each, tmp_path / f"shop-{number}", "shop") for number, each in enumerate(two)]
    for shop in shops:
        shop.write()
        shop.succeeds("apply")
    assert [shop.where()["file"] for shop in shops] == [str(shop.directory / "tools" / "own.py") for shop in shops]
    addresses = [json.loads(shop.succeeds("server", "status", "-o", "json").stdout) for shop in shops]
    assert addresses[0] != addresses[1]
    pages = [shop.succeeds("ui", "--no-browser").stdout for shop in shops]
    assert pages[0].partition("/sign-in")[0] != pages[1].partition("/sign-in")[0]
    dev = Developing(shops[1])
    dev.hears(WAITING)
    shops[1].where()
    dev.hears("| completed in")
    assert len(shops[0].succeeds("executions", "list", "-o", "name").stdout.split()) == 1
    assert dev.end() == 0
    assert two[0].run("server", "stop").code == 0
    assert shops[1].where()["file"].startswith(str(shops[1].directory))
