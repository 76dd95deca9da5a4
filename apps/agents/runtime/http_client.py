"""HTTP to the hosts of models and to tool servers, and why one of them could not be reached.

What the environment of the server says about the way there holds for both: proxies, except to this machine and to what
NO_PROXY names; SSL_CERT_FILE and SSL_CERT_DIR everywhere.
"""

from __future__ import annotations

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from typing import TypeVar
from urllib.request import getproxies

import httpx2

from apps.agents.runtime.checked_network import CheckedTransport
from apps.agents.runtime.errors import RunFailed
from apps.shared.causes import causes_of, leaves_of
from apps.shared.loopback import ip_of, is_here
from apps.shared.masking import without_user
from apps.shared.reach import Reach
from apps.shared.tls import is_refused_by_tls, tls_words

PORTS = {"http": 80, "https": 443}
MOST_PORT = 65535
Client = TypeVar("Client", bound=httpx2.AsyncClient)


def make_client(
    make: Callable[..., Client],
    url: str,
    *,
    timeout: httpx2.Timeout,
    headers: Mapping[str, str] | None = None,
    reach: Reach | None = None,
) -> Client:
    """A client for one host. With a `reach` it goes there directly, and its requests raise AddressRefused.

    Raises RunFailed for a proxy or a file of authorities that cannot be used.
    """
    try:
        transport = CheckedTransport(reach) if reach else httpx2.AsyncHTTPTransport(proxy=proxy_for(url))
    except ImportError as error:
        raise RunFailed(
            f"the proxy that the environment of the server names for {httpx2.URL(url).host} cannot be used: "
            "the package socksio, for SOCKS, is missing",
            hint="Set HTTP_PROXY, HTTPS_PROXY or ALL_PROXY to http://HOST:PORT, or install the package",
        ) from error
    except OSError as error:
        named = next((name for name in ("SSL_CERT_FILE", "SSL_CERT_DIR") if os.environ.get(name)), "the system")
        raise RunFailed(
            f"the certificates of authorities that {named} names cannot be read: {error}",
            hint="Set it right or not at all, and start the server again",
        ) from error
    return make(headers=dict(headers or {}), timeout=timeout, transport=transport, trust_env=False)


def proxy_for(url: str) -> httpx2.Proxy | None:
    """The proxy that the environment names for an address. Raises RunFailed when it cannot be used."""
    address = httpx2.URL(url)
    proxies = getproxies()
    named = (proxies.get(address.scheme) or proxies.get("all") or "").strip()
    if not named or is_here(address.host) or _is_excepted(address, proxies.get("no", "")):
        return None
    try:
        return _proxy(named if "//" in named else f"http://{named}")
    except (ValueError, httpx2.InvalidURL) as error:
        raise RunFailed(
            f"the proxy that the environment of the server names for {address.host} cannot be used: {error}",
            hint="Set HTTP_PROXY, HTTPS_PROXY or ALL_PROXY to http://HOST:PORT or socks5://HOST:PORT",
        ) from error


def _proxy(named: str) -> httpx2.Proxy:
    """Raises ValueError or InvalidURL for what is no address of a proxy."""
    proxy = httpx2.Proxy(named)
    if not proxy.url.host or proxy.url.path not in ("", "/"):
        raise ValueError(f"{without_user(named)} is no address of a host")
    if not 0 < (proxy.url.port or 1) <= MOST_PORT:
        raise ValueError(f"there is no port {proxy.url.port}")
    return proxy


def why(error: BaseException, url: str) -> str:
    """The innermost cause why a connection failed, and the proxy on the way there."""
    causes = [leaf for cause in causes_of(error) for leaf in leaves_of(cause)]
    said = next((text for cause in reversed(causes) if (text := _words(cause))), "") or _first_line(error)
    proxy = proxy_for(url)
    return f"{said} (by way of the proxy {proxy.url.copy_with(userinfo=b'')})" if proxy else said


def is_for_good(error: BaseException, url: str) -> bool:
    """Whether trying again cannot help: nobody listens on this machine, or TLS found no way."""
    proxy = proxy_for(url)
    causes = [leaf for cause in causes_of(error) for leaf in leaves_of(cause)]
    is_refused = any(isinstance(cause, httpx2.ConnectError) for cause in causes)
    return (is_refused and is_here((proxy.url if proxy else httpx2.URL(url)).host)) or any(
        map(is_refused_by_tls, causes)
    )


def _words(cause: BaseException) -> str:
    """Empty for what is not the network's own word."""
    if is_refused_by_tls(cause):
        return tls_words(cause)
    if isinstance(cause, ConnectionError) and cause.errno:
        return os.strerror(cause.errno)
    if isinstance(cause, OSError):
        return cause.strerror or _first_line(cause)
    if isinstance(cause, httpx2.TimeoutException):
        return "no connection was made in time" if isinstance(cause, httpx2.ConnectTimeout) else "no answer in time"
    return _first_line(cause) if isinstance(cause, httpx2.TransportError) else ""


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:500]


def _is_excepted(address: httpx2.URL, names: str) -> bool:
    """Whether one of NO_PROXY's names is the address: a host, a domain, a network, `HOST:PORT`, or `*`."""
    ports = {"", str(address.port or PORTS.get(address.scheme))}
    asked = address.host.rstrip(".")
    host = ip_of(asked)
    for name in filter(None, re.split(r"[,\s]+", names.lower())):
        if name == "*" or (host and (network := _network(name)) and host in network):
            return True
        domain, port = _parted(name)
        if port not in ports:
            continue
        domain = domain.removeprefix("*").removeprefix(".").rstrip(".")
        if domain and (f".{asked}".endswith(f".{domain}") or (host and host == ip_of(domain))):
            return True
    return False


def _parted(name: str) -> tuple[str, str]:
    """Host and port of `HOST:PORT`, `[IPV6]:PORT` or a host alone."""
    host, colon, port = name.rpartition(":")
    if not colon or not port.isdecimal() or (":" in host and not host.endswith("]")):
        return name.strip("[]"), ""
    return host.strip("[]"), port


def _network(name: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(name.strip("[]"), strict=False)
    except ValueError:
        return None
