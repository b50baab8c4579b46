"""Without an API key the service is for programs on this machine only: no web page of another site may use it.

The browser tells where a request comes from (Origin, Sec-Fetch-Site). A page that has its own name resolve to a loopback
address (DNS rebinding) is of the same origin for the browser; its name is then the request's Host.
"""

import ipaddress
from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from msgspec import Struct

from app.domain.errors import Forbidden


class LocalAccess(Struct, frozen=True):
    """`allowed_hosts`: names besides the loopback ones by which clients may address the service."""

    allowed_hosts: Collection[str] = ()

    def check(self, headers: Mapping[str, str]) -> None:
        """Raises Forbidden for a foreign Host, a foreign or null Origin, and a request that another site's page makes.

        `headers`: by their names in lower case.
        """
        host = _name_of(f"//{headers.get('host', '')}")
        if not self._is_known(host):
            raise Forbidden(
                f"Without an API key only loopback names are served, not '{host}': use 127.0.0.1, add the name to "
                "MNEMON_ALLOWED_HOSTS, or set MNEMON_API_KEY"
            )
        origin = headers.get("origin")
        if origin is not None and not self._is_known(_name_of(origin)):
            raise Forbidden("Without an API key no page of another site may use this service: set MNEMON_API_KEY")
        if headers.get("sec-fetch-site", "").lower() == "cross-site":
            raise Forbidden(
                "Without an API key no page of another site may use this service: open its address directly"
            )

    def _is_known(self, name: str) -> bool:
        return is_loopback(name) or name in self.allowed_hosts


def is_loopback(name: str) -> bool:
    """True for `localhost`, names below it (RFC 6761 §6.3) and loopback addresses."""
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _name_of(address: str) -> str:
    """The host's name without its port, in lower case; empty for `null` and anything that is no address."""
    try:
        return (urlsplit(address).hostname or "").rstrip(".")
    except ValueError:
        return ""
