"""What a test brought about, and which secrets are in it."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from secret_scan.known import KnownSecrets

LONGEST = 200_000
"""Characters of one text."""
MOST_HELD = 4_000_000
"""Characters that are held back before they are searched."""


@dataclass(frozen=True)
class Finding:
    """A secret where none may be."""

    secret: str
    where: str

    def __str__(self) -> str:
        return f"{self.where}: {self.secret}"


class Evidence:
    """Texts with where they come from. They are searched all at once: most have no secret in them. Thread-safe."""

    def __init__(self, known: KnownSecrets) -> None:
        self._known = known
        self._lock = threading.RLock()
        self._texts: dict[str, str] = {}
        self._size = 0
        self._found: dict[Finding, None] = {}

    def add(self, where: str, text: str) -> None:
        """Take a text; of a very long one, which says the same over and over, its two ends."""
        if len(text) > LONGEST:
            text = f"{text[: LONGEST // 2]}\n{text[-LONGEST // 2 :]}"
        with self._lock:
            if text not in self._texts:
                self._texts[text] = where
                self._size += len(text)
                if self._size > MOST_HELD:
                    self._search()

    def search(self, where: str, data: bytes) -> None:
        """Look through bytes at once, such as those of a file."""
        for secret in self._known.all():
            if any(form.encode("utf-8", "surrogatepass") in data for form in secret.forms):
                with self._lock:
                    self._found[Finding(str(secret), where)] = None

    def findings(self) -> list[Finding]:
        """What was found since the last call."""
        with self._lock:
            self._search()
            found, self._found = list(self._found), {}
            return found

    def _search(self) -> None:
        texts, self._texts, self._size = self._texts, {}, 0  # an error that is freed meanwhile adds its own
        everything = "\n".join(texts)
        for secret in self._known.all():
            for form in secret.forms:
                if form in everything:
                    self._found |= {Finding(str(secret), where): None for text, where in texts.items() if form in text}
