"""Fetching the pictures that a request names by URL."""

import io
import time
from collections.abc import Collection

import requests
from PIL import Image

from recorder_core.emulation.loopback import is_on_loopback

MEBIBYTE = 1024 * 1024


def fetch(
    url: str, *, formats: Collection[str] | None = None, max_bytes: int = 6 * MEBIBYTE, timeout: float = 2.0
) -> bytes | None:
    """The bytes of the picture at `url`, or None when it can't be had.

    Only http and https on a loopback host are asked, so that an emulator never leaves the machine. `formats`
    are Pillow's names (`JPEG`, `PNG`, `BMP`), None for any; `timeout` in seconds covers the whole download.
    """
    if not is_on_loopback(url):
        return None
    deadline = time.monotonic() + timeout
    content = bytearray()
    try:
        with requests.Session() as session:
            session.trust_env = False
            # A redirect could lead off the machine.
            with session.get(url, timeout=timeout, stream=True, allow_redirects=False) as answer:
                if answer.status_code != requests.codes.ok:
                    return None
                for chunk in answer.iter_content(64 * 1024):
                    content += chunk
                    if len(content) > max_bytes or time.monotonic() > deadline:
                        return None
    except requests.RequestException:
        return None
    return bytes(content) if _is_picture(bytes(content), formats) else None


def _is_picture(content: bytes, formats: Collection[str] | None) -> bool:
    try:
        with Image.open(io.BytesIO(content), formats=None if formats is None else list(formats)) as picture:
            picture.load()
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return False
    return True
