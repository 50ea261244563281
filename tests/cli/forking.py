"""Runs `recorder` many times and loads it once: every command is a process of its own, forked from this one.

A line of JSON on stdin is one command: its arguments, environment, folder, and the files of its three streams. The
answer is its exit code on a line. What loading does, and where plugins come from, is tested by commands that are begun
as `python -m recorder_core.cli`.
"""

import gc
import json
import os
import sys
from collections.abc import Mapping
from typing import Any

from recorder_core.cli.app import run
from recorder_core.ledger import Ledger
from recorder_core.plugins import PROVIDERS, installed, load_provider


def command(task: Mapping[str, Any]) -> int:
    """Run one command line; its exit code."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code: Any = None
    try:
        for number, name in enumerate(task["streams"]):
            opened = os.open(name, os.O_RDWR)
            os.dup2(opened, number)
            os.close(opened)
        os.chdir(task["folder"])
        os.environ.clear()
        os.environ.update(task["env"])
        sys.stdin = os.fdopen(0, encoding="utf-8")
        sys.argv = ["recorder", *task["arguments"]]
        code = run()
    except SystemExit as end:
        code = end.code
    except BaseException:
        sys.excepthook(*sys.exc_info())
        code = 1
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 0)


LOADED = (Ledger, *(load_provider(found.name) for found in installed(PROVIDERS)))
"""What a command would load when it needs it."""
gc.freeze()
for line in sys.stdin:
    sys.stdout.write(f"{command(json.loads(line))}\n")
    sys.stdout.flush()
