"""What may hold a secret in clear, each with its reason. Everything else may not."""

from __future__ import annotations

EMULATORS = (
    "recorder_core.emulation",
    "recorder_agora.emulator",
    "recorder_zegocloud.emulator",
    "recorder_core.testing",
)
"""Frames of these aren't looked at: they are the vendor, whom the requests are for, and tests, which hold what they
look for. What they write down (the journal) and log is."""

MEDIA = (".mp4", ".m4s", ".ts", ".aac", ".mp3", ".jpg", ".png", ".webm", ".mkv", ".flv")
"""Files that an encoder made of pictures and tones. Their names are looked at."""

PROCESSES = ("official_client.py",)
"""What these write isn't looked at: a program of the vendor's own client, which says what the vendor answered."""

EXAMPLES = frozenset({"access-key", "secret-key", "session-token", "account-key", "customer-id", "customer-secret"})
"""They stand in the library's own source, as examples with which it plans where nobody has given credentials."""

BUILT = frozenset({".cache", "docs", "site"})
"""Folders of the docs and of what is built of them: it is published, made-up secrets too."""
