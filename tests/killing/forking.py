"""Lives of recordings, each in a process of its own that may be killed; forked from this one, in which all is loaded.

A line of JSON on stdin is one life: the vendors and their environment, the ledger, the spec, the moment, what is done,
and how it ends. The answer is a line with the process's id as it begins, and one as it has ended, with its exit code
and the seconds that it lasted since its recorders were made. The first life is this process's own, and has no answer:
what is made at its first use is made then.
"""

import functools
import gc
import json
import math
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping
from typing import Any

from recorder_core import Recorder, RecordingSpec
from recorder_core.emulation.clock import EmulatorClock
from recorder_core.ledger import Ledger
from recorder_core.plugins import load_provider

ANY = "*"
WRITES = ("claim_starts", "begin", "note", "started", "refused", "explain", "see", "wish_stop")

loaded = functools.cache(load_provider)
"""To find it takes longer than to live."""


def die() -> None:
    """At once, as by the kernel that runs out of memory."""
    os.kill(os.getpid(), signal.SIGKILL)


def die_at_call(ledger: Ledger, method: str, when: str, nth: int) -> None:
    """Let the process die at the n-th call of a method of the ledger, or of all that write: before it or after it."""
    left = nth

    def dying(called: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            nonlocal left
            left -= 1
            is_last = left == 0
            if is_last and when == "before":
                die()
            result = called(*given, **named)
            if is_last:
                die()
            return result

        return call

    for name in WRITES if method == ANY else (method,):
        setattr(ledger, name, dying(getattr(ledger, name)))


def live(task: Mapping[str, Any], born: Callable[[], object] = lambda: None) -> None:
    """One life: a recording at each of the vendors is started, then each is stopped; or what is lost is recovered."""
    spec = RecordingSpec.load(task["spec"])
    clock = EmulatorClock(start=task["now"])
    configured = {"calls_per_second": {"*": math.inf}}
    providers = [(found := loaded(name))(found.Config.from_env(task["env"], **configured)) for name in task["vendors"]]
    recorders = [Recorder(provider, ledger=task["ledger"], clock=clock, hooks=[]) for provider in providers]
    for recorder in recorders:
        if "call" in task:
            die_at_call(recorder.ledger, **task["call"])
    born()
    if task["act"] == "recover":
        for recorder in recorders:
            recorder.recover(spec=spec if task["knows_spec"] else None)
        return
    recordings = [recorder.start(spec) for recorder in recorders]
    for recorder, recording in zip(recorders, recordings, strict=True):
        recorder.stop(recording)
        recorder.close()


def fork(task: Mapping[str, Any]) -> tuple[int, int]:
    """Begin a life; its process's id, and what can be read from as soon as it has its recorders, or has ended."""
    cradle, born = os.pipe()
    child = os.fork()
    if child:
        os.close(born)
        return child, cradle
    code = 1
    try:
        live(task, lambda: os.close(born))
        code = 0
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(code)


def tell(**said: Any) -> None:
    """A line for whoever asked."""
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()


live(json.loads(sys.stdin.readline()))
gc.freeze()
for line in sys.stdin:
    task = json.loads(line)
    child, cradle = fork(task)
    tell(pid=child)
    os.read(cradle, 1)
    os.close(cradle)
    began = time.monotonic()
    if "after" in task:
        time.sleep(task["after"])
        os.kill(child, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    tell(code=code, lasted=time.monotonic() - began)
