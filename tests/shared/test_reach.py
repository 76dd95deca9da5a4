"""Which addresses that users name lead out of a server of many machines, whatever they look like."""

from __future__ import annotations

import socket

import pytest

from apps.shared.reach import AddressRefused, Reach, parse_place


def allowing(*places: str, own: str = "") -> Reach:
    return Reach(tuple(map(parse_place, places)), (parse_place(own),) if own else ())


@pytest.mark.parametrize(
    ("kind", "hosts"),
    [
        ("own machine", "127.0.0.1 127.1 2130706433 0x7f.1 0177.0.0.1 localhost 0 0.0.0.0 ::1 :: ::ffff:127.0.0.1"),
        ("own machine", "64:ff9b::7f00:1 2002:7f00:1::1"),
        (
            "private network",
            "10.0.0.1 172.31.255.255 192.168.1.1 100.64.0.1 100.100.100.200 fd00:ec2::254 ::ffff:a00:1",
        ),
        ("private network", "64:ff9b::a00:1 fec0::1 198.18.0.1"),
        ("link-local", "169.254.169.254 0xa9fea9fe fe80::1 168.63.129.16 ::ffff:169.254.169.254"),
        ("multicast", "224.0.0.1 ff02::1"),
        (
            "reserved",
            "255.255.255.255 240.0.0.1 192.0.0.192 ::127.0.0.1 2001:0:7f00:1::1 64:ff9b:1::7f00:1 2001:db8::1",
        ),
    ],
)
def test_what_is_not_of_the_internet_is_refused_however_it_is_spelled(kind: str, hosts: str) -> None:
    for host in hosts.split():
        with pytest.raises(AddressRefused, match=f"{host} leads to .*{kind}.*STIGMER_REACHABLE"):
            Reach().addresses(host, 80)
    for host in ("1.1.1.1", "2606:4700::1111", "64:ff9b::101:101", "2002:101:101::1"):
        assert Reach().addresses(host, 443) == [host]


def test_one_bad_address_among_those_of_a_name_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(host: str, port: int, **_: object) -> list[object]:
        told = {"mixed.example": ["1.1.1.1", "10.0.0.1"], "good.example": ["1.1.1.1", "1.1.1.1", "1.0.0.1"]}[host]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in told]

    monkeypatch.setattr(socket, "getaddrinfo", answer)
    assert Reach().addresses("good.example", 80) == ["1.1.1.1", "1.0.0.1"]
    with pytest.raises(AddressRefused) as refused:
        Reach().addresses("mixed.example", 80)
    assert "10.0.0.1" not in str(refused.value), "what a name stands for inside is nobody's business"
    assert allowing("Mixed.Example").addresses("mixed.example", 80) == ["1.1.1.1", "10.0.0.1"]


def test_operators_allow_places_but_never_what_the_server_stands_on() -> None:
    for allowed in ("10.7.0.0/16", "10.7.0.4", "10.7.0.4:8080", "0.0.0.0/0"):
        assert allowing(allowed).addresses("10.7.0.4", 8080) == ["10.7.0.4"]
    with pytest.raises(AddressRefused):
        allowing("10.7.0.4:8080").addresses("10.7.0.4", 8081)
    open_to_all = allowing("0.0.0.0/0", "::/0", "localhost", own="localhost:5432")
    assert open_to_all.addresses("127.0.0.1", 5433) == ["127.0.0.1"]
    for host in ("localhost", "127.0.0.1", "::ffff:127.0.0.1", "2130706433"):
        with pytest.raises(AddressRefused, match="a service that this server stands on"):
            open_to_all.addresses(host, 5432)


@pytest.mark.parametrize("host", ["a..b", f"{'a' * 70}.example", "nul\0", "", "unix:/run/x", "1.2.3.4:80,10.0.0.1"])
def test_what_is_no_host_is_not_found(host: str) -> None:
    with pytest.raises((OSError, AddressRefused)):
        Reach().addresses(host, 80)


@pytest.mark.parametrize(
    "text",
    ["10.7.0.0/33", "10.7.0.1/8", "a b", "x:0", "x:70000", "1.2.3", "http://x/", "*.x", "[::1", "-x", "2130706433"],
)
def test_what_names_no_place_cannot_be_allowed(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no host|has no port"):
        parse_place(text)
