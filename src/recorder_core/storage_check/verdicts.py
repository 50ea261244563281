"""What a store's refusal means for each step on the way to a written object."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from recorder_core.checks import Check
from recorder_core.transport.failures import Stage

__all__ = [
    "NEW_KEYS",
    "Refusal",
    "Step",
    "by_code",
    "cut_off",
    "is_word",
    "no_store",
    "not_looked_at",
    "refused",
    "unreachable",
    "written",
]

Step = Literal["endpoint", "credentials", "bucket", "write"]

STEPS: tuple[Step, ...] = ("endpoint", "credentials", "bucket", "write")
NOT_TOLD = "the store refused before it told"
NEW_KEYS = "Get new temporary keys; access_key, secret_key and session_token belong together."
_SPEAKABLE = re.compile(r"[A-Za-z0-9_.:-]{1,80}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """One row of a table.

    Attributes:
        codes: the store's codes.
        step: what failed.
        detail: what it means.
        fix: what to do.
        proves: the steps that such an answer shows to be sound.
    """

    codes: tuple[str, ...]
    step: Step
    detail: str
    fix: str
    proves: tuple[Step, ...] = ("endpoint",)


UNLISTED = Refusal(
    codes=(),
    step="write",
    detail="the store refused the test object",
    fix="Look the code up in the store's documents.",
)


def by_code(rows: Sequence[Refusal], code: str) -> Refusal:
    """The row of a code; one that says no more than the code where there is none."""
    return next((row for row in rows if code in row.codes), UNLISTED)


def refused(row: Refusal, host: str, code: str, request_id: str = "", detail: str = "") -> tuple[Check, ...]:
    """The steps where the store refused.

    Args:
        row: what the refusal means.
        host: what was spoken to.
        code: the store's code; it and the request id are shown only where they are a word.
        request_id: the store's id of the request.
        detail: in place of the row's.
    """
    told = ", ".join(f"{label} {word}" for label, word in (("code", code), ("request id", request_id)) if is_word(word))
    failed = (detail or row.detail) + (told and f" ({told})")
    sound = {"endpoint": f"{host} answers", "credentials": "accepted", "bucket": "it is there", "write": ""}
    return tuple(
        Check(f"storage {step}", "failed", failed, row.fix)
        if step == row.step
        else Check(f"storage {step}", "passed", sound[step])
        if step in row.proves
        else Check(f"storage {step}", "not_checked", NOT_TOLD)
        for step in STEPS
    )


def written(host: str, bucket: str, key: str, *notes: str) -> tuple[Check, ...]:
    """The steps where the test object was written."""
    folder = key.rpartition("/")[0]
    where = f"under {folder}" if folder else "at the root"
    details = {
        "endpoint": f"{host} answers",
        "credentials": "accepted",
        "bucket": f"{bucket} is there",
        "write": "; ".join((f"a test object was written {where}", *notes)),
    }
    return tuple(Check(f"storage {step}", "passed", details[step]) for step in STEPS)


def unreachable(stage: Stage, reason: str, host: str, fixes: dict[Stage, str]) -> tuple[Check, ...]:
    """The steps where no answer came."""
    usual: dict[Stage, str] = {
        "proxy": "Check the proxy variables (HTTPS_PROXY, NO_PROXY).",
        "DNS": "Check the name of the region or the endpoint, and DNS.",
        "TCP": "Check the endpoint and its port, and the firewall.",
        "TLS": "Check the endpoint and the computer's clock; with a CA of your own, set REQUESTS_CA_BUNDLE.",
        "HTTP": "Try again; if it stays so, check the endpoint.",
    }
    detail = f"{host} can't be reached: {stage}: {reason}"
    return not_looked_at(Check("storage endpoint", "failed", detail, fixes.get(stage, usual[stage])))


def cut_off(host: str, seconds: float) -> tuple[Check, ...]:
    """The steps where the time was over before the store had answered."""
    detail = f"{host} didn't answer within {seconds:.1f} s; a test object may lie there"
    return not_looked_at(Check("storage endpoint", "failed", detail, "Check the endpoint, the proxy and the firewall."))


def no_store(host: str, kind: str, what: str, fix: str) -> tuple[Check, ...]:
    """The steps where whatever answers isn't a store of this kind.

    Args:
        host: what was spoken to.
        kind: what it should be.
        what: what shows that it isn't; "" for an answer that shows nothing of a store.
        fix: what to do.
    """
    detail = f"{host} answers, but not as {kind} does ({what or 'no sign of a store'})"
    return not_looked_at(Check("storage endpoint", "failed", detail, fix))


def not_looked_at(first: Check, reason: str = "it comes after what failed") -> tuple[Check, ...]:
    """A step that failed, and the others, which weren't looked at."""
    others = (f"storage {step}" for step in STEPS)
    return tuple(first if name == first.name else Check(name, "not_checked", reason) for name in others)


def is_word(text: str) -> bool:
    """Whether what a store says is no more than a code, an id or a host's name."""
    return bool(_SPEAKABLE.fullmatch(text))
