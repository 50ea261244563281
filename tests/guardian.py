"""Runs one server for as long as its standard input stays open: `guardian.py FOLDER USER COMMAND…`.

Whoever started it may be killed at any moment; then the server ends, and the folder goes, all the same. USER is the
name of the user as whom the server runs, or empty for this one. The first line that it prints is the server's process
id; what the server has said follows when it has ended.
"""

from __future__ import annotations

import contextlib
import pwd
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

GRACE_S = 10.0
"""For a server that was asked to end, before it is killed."""
LAST_WORDS = 4000


def main(folder: str, user: str, *command: str) -> None:
    """Start the server, tell its process id, and end it with whoever waits for it."""
    said = Path(folder, "said.txt")
    identity = {"user": user, "group": pwd.getpwnam(user).pw_gid, "extra_groups": []} if user else {}
    with said.open("wb") as output:
        server = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=folder, **identity
        )
    sys.stdout.write(f"{server.pid}\n")
    sys.stdout.flush()

    def end() -> None:
        sys.stdin.read()
        server.send_signal(signal.SIGINT)  # SIGTERM would let PostgreSQL wait for its clients
        try:
            server.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            server.kill()

    threading.Thread(target=end, daemon=True).start()
    server.wait()
    last_words = said.read_text(errors="replace")[-LAST_WORDS:]
    shutil.rmtree(folder, ignore_errors=True)
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.write(last_words)
        sys.stdout.flush()


if __name__ == "__main__":
    main(*sys.argv[1:])
