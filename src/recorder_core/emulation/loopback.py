"""Which addresses are on this machine: an emulator asks no others of its own accord."""

import ipaddress
from urllib.parse import urlsplit


def is_on_loopback(url: str) -> bool:
    """Whether this is an http or https URL whose host is this machine, by name or by address."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        if parts.scheme not in ("http", "https"):
            return False
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
