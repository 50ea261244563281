"""Fetching pictures."""

import io
from collections.abc import Iterator

import pytest
from PIL import Image

from recorder_core.emulation.exchange import EmulatedRequest, EmulatedResponse, Exchange
from recorder_core.emulation.images import fetch
from recorder_core.emulation.server import HttpServer


def picture(format: str) -> bytes:
    """A small picture."""
    content = io.BytesIO()
    Image.new("RGB", (8, 8), (10, 200, 30)).save(content, format)
    return content.getvalue()


@pytest.fixture
def site() -> Iterator[str]:
    """A web site with pictures and other things."""
    pages = {
        "/a.jpg": EmulatedResponse(200, picture("JPEG")),
        "/a.png": EmulatedResponse(200, picture("PNG")),
        "/text": EmulatedResponse(200, "no picture"),
        "/half": EmulatedResponse(200, picture("PNG")[:45]),
        "/moved": EmulatedResponse(302, "", {"Location": "/a.png"}),
        "/gone": EmulatedResponse(404, picture("PNG")),
    }

    def exchange(request: EmulatedRequest) -> Exchange:
        if request.path == "/stall":
            return Exchange(None, "stall")
        if request.path == "/reset":
            return Exchange(None, "reset")
        return Exchange(pages[request.path])

    server = HttpServer(exchange, host="127.0.0.1", port=0)
    yield f"http://127.0.0.1:{server.port}"
    server.close()


def test_a_picture_arrives_as_it_is(site: str) -> None:
    """Any picture, or only the formats that the vendor takes."""
    assert fetch(f"{site}/a.jpg") == picture("JPEG")
    assert fetch(f"{site}/a.png", formats={"PNG", "JPEG"}) == picture("PNG")
    assert fetch(f"{site}/a.png", formats={"JPEG", "BMP"}) is None


@pytest.mark.parametrize("page", ["text", "half", "moved", "gone", "stall", "reset"])
def test_what_is_no_picture_is_a_failed_download(site: str, page: str) -> None:
    """Nothing that happens at the other end is an error of the call."""
    assert fetch(f"{site}/{page}", timeout=0.3) is None


def test_a_picture_may_be_too_large(site: str) -> None:
    """More bytes than the vendor takes is a failed download."""
    size = len(picture("PNG"))
    assert fetch(f"{site}/a.png", max_bytes=size) is not None
    assert fetch(f"{site}/a.png", max_bytes=size - 1) is None


@pytest.mark.parametrize(
    "url",
    [
        "https://cdn.example/a.png",
        "http://10.0.0.1/a.png",
        "file:///etc/hosts",
        "ftp://127.0.0.1/a",
        "no url",
        "http://[",
        "http://127.0.0.1:1/a.png",
    ],
)
def test_nothing_leaves_the_machine(url: str) -> None:
    """Only http and https on loopback are asked at all; whatever else fails."""
    assert fetch(url) is None
