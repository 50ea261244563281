"""Which secrets a test uses: whatever is wrapped into a `SecretStr`, and what emulators and servers are opened with."""

from __future__ import annotations

import base64
import json
import re
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from urllib.parse import quote, quote_plus, unquote, urlsplit

from secret_scan.allowed import EXAMPLES

TESTS = str(Path(__file__).parents[1])
SHORTEST = 8
"""Characters. A shorter value, such as `SK-1`, stands in any text by chance."""
FEWEST_CHARACTERS = 4
"""Different ones: 32 zeros are in ids as well."""
MOST = 150
"""Secrets that are kept of one kind. A property makes thousands: the first ones and the last ones are searched for."""
URL_PASSWORD = re.compile(r"^[a-z][a-z0-9+.-]*://[^/?#]*:[^/?#]*@")


NAMED_SECRET = re.compile(r"(^|_)(SECRETS?|PASSWORD|SENTINELS|PUSH|PUSH_URL)$")
"""Constants of test modules that hold secrets, though nothing in this process wraps them."""


@dataclass(frozen=True)
class Secret:
    """A value that must be found nowhere.

    Attributes:
        value: itself.
        origin: where a test gave it away first, for the report, which doesn't show the value.
        forms: how it looks as it is, escaped, quoted, and inside of base64.
    """

    value: str = field(repr=False)
    origin: str
    forms: tuple[str, ...] = field(repr=False)

    def __str__(self) -> str:
        return f"the secret of {len(self.value)} characters from {self.origin}"


class KnownSecrets:
    """The secrets of this process, and which of them its current test has to do with. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._known: dict[str, Secret | None] = {}
        self._lasting: dict[str, Secret] = {}
        self._of_test: dict[str, Secret] = {}
        self.collecting = True
        """Whether no test has begun yet: what modules make when they are imported counts for all tests."""

    def add(self, value: object, origin: str = "") -> None:
        """Take a value for a secret, and the password in it if it is a URL.

        Args:
            value: it counts for the current test; anything but a text counts for none.
            origin: where it comes from; such a one counts for all later tests. Empty: the line that is running.
        """
        if not isinstance(value, str):
            return
        with self._lock:
            if value not in self._known:
                if URL_PASSWORD.match(value):
                    self.add(unquote(urlsplit(value).password or ""), origin)
                self._known[value] = _secret(value, origin)
            self._keep(value, self._lasting if origin or self.collecting else self._of_test)

    def add_constants(self, module: ModuleType) -> None:
        """Take the texts in constants of a module's whose names say that they are secrets."""
        for name, constant in list(vars(module).items()):
            if NAMED_SECRET.search(name):
                for value in _texts_in(constant):
                    if not name.endswith("PUSH") or value.startswith(("rtmp://", "rtmps://")):
                        self.add(value, f"{name} of {module.__name__}")

    def use(self, value: object) -> None:
        """A value was asked for: if it is a secret, the current test has to do with it."""
        if isinstance(value, str) and value not in self._of_test:
            with self._lock:
                self._keep(value, self._of_test)

    def all(self) -> list[Secret]:
        """Those that are searched for now."""
        with self._lock:
            return [*{**self._lasting, **self._of_test}.values()]

    def _keep(self, value: str, kept: dict[str, Secret]) -> None:
        secret = self._known.get(value)
        if secret is not None:
            kept[value] = secret
            if len(kept) > MOST:
                del kept[list(kept)[MOST // 2]]

    def masked(self, text: str) -> str:
        """The text without them."""
        for secret in self.all():
            for form in secret.forms:
                if form in text:
                    text = text.replace(form, f"<{secret}>")
        return text

    def forget_test(self) -> None:
        """The test is over."""
        with self._lock:
            self._of_test.clear()


def _texts_in(constant: object) -> Iterator[str]:
    if isinstance(constant, str):
        yield constant
    elif isinstance(constant, dict):
        yield from _texts_in(list(constant.values()))
    elif isinstance(constant, list | tuple):
        for part in constant:
            yield from _texts_in(part)


def _secret(value: str, origin: str) -> Secret | None:
    """What is searched for; None: the value can't be told from any other text."""
    if len(value) < SHORTEST or len(set(value)) < FEWEST_CHARACTERS or value in EXAMPLES:
        return None
    origin = origin or _origin()
    return Secret(value, origin, forms_of(value)) if origin else None


def forms_of(value: str) -> tuple[str, ...]:
    """How a value looks in texts, URLs, JSON, reprs, and at any place inside of base64."""
    forms = {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1], repr(value)[1:-1]}
    forms |= {quote(value, safe="", errors="replace"), quote(value, errors="replace")}
    forms.add(quote_plus(value, errors="replace"))
    data = value.encode("utf-8", "surrogatepass")
    for before in range(3):
        # The first and the last characters of base64 depend on what stands around.
        inside = base64.b64encode(bytes(before) + data).rstrip(b"=").decode()[(0, 2, 3)[before] : -1]
        if len(inside) >= SHORTEST:
            forms |= {inside, inside.replace("+", "-").replace("/", "_")}
    return tuple(forms)


def is_test(path: str) -> bool:
    """Whether a file of code belongs to the tests."""
    return path.startswith((TESTS, f"{Path.cwd()}/test_")) and "secret_scan" not in path


def _origin() -> str:
    """The nearest line of a test; empty where Hypothesis drew the value, which it may draw for other things too."""
    frame, found = sys._getframe(3), ""
    while frame is not None:
        path = frame.f_code.co_filename
        if "/hypothesis/" in path:
            return ""
        if not found and is_test(path):
            found = f"{Path(path).name}:{frame.f_lineno}"
        frame = frame.f_back  # type: ignore[assignment]  # None ends the loop
    return found or "the library or an emulator"
