"""A policy: rules that every recording has to keep. What breaks one is vetoed, and nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import cached_property

from recorder_core import S3, AzureBlob, GoogleCloudStorage, RecordingSpec, ServerSideEncryption, Vetoed, hookimpl

from recorder_policy.rules import EU, FILE, Rules

__all__ = ["EU", "Policy", "Rules", "hooks"]

ALWAYS_ENCRYPTED = (S3, GoogleCloudStorage, AzureBlob)
"""They encrypt whatever they store, and can't be told not to ("Amazon S3 now automatically encrypts all new objects",
AWS, 5 January 2023; "Default encryption at rest", Google Cloud, 2025; "Azure Storage encryption for data at rest",
Microsoft, 2025)."""


class Policy:
    """A hook plugin.

    Args:
        rules: what is demanded; the recommended ones by default.
    """

    def __init__(self, rules: Rules | None = None) -> None:
        self._given = Rules() if rules is None else rules

    @property
    def rules(self) -> Rules:
        """What is demanded."""
        return self._given

    @hookimpl
    def recorder_before_start(self, spec: RecordingSpec, provider: str) -> RecordingSpec | None:
        """Refuse what breaks a rule; shorten what has no end.

        Raises:
            Vetoed: with every rule that is broken, and what to change.
        """
        broken = list(_broken(self.rules, spec, provider))
        if broken:
            raise Vetoed(
                "the policy refuses this recording: " + "; ".join(f"{rule}: {problem}" for rule, problem, _ in broken),
                fault="caller",
                hint=" ".join(dict.fromkeys(change for *_, change in broken))
                + f" The rules are those of whoever runs this program ({FILE}).",
            )
        if self.rules.max_duration is not None and spec.max_duration is None:
            return spec.model_copy(update={"max_duration": self.rules.max_duration})
        return None


def _broken(rules: Rules, spec: RecordingSpec, provider: str) -> Iterator[tuple[str, str, str]]:
    """Each rule that is broken: its name, by what, and what to change."""
    if rules.providers is not None and provider not in rules.providers:
        there = ", ".join(rules.providers) or "none"
        yield "providers", f"{provider} may not record", f"Record with another provider: {there}."
    if not _matches(spec.room, rules.rooms):
        yield "rooms", f"{spec.room!r} is none of {', '.join(rules.rooms)}", "Record only rooms of that name."
    if _matches(spec.room, rules.rooms_never):
        yield "rooms_never", f"{spec.room!r} is never recorded", "Leave that room alone."
    yield from _stored_wrongly(rules, spec)
    if rules.encrypted_rooms and spec.encryption is None:
        yield "encrypted_rooms", "the room's media aren't encrypted", "Encrypt the room, and give its encryption."
    if rules.max_duration is not None and (spec.max_duration or 0) > rules.max_duration:
        problem = f"max_duration is {spec.max_duration} s, more than {rules.max_duration}"
        yield "max_duration", problem, f"Set max_duration to {rules.max_duration} or less, or leave it out."
    if rules.max_idle_timeout is not None and (spec.idle_timeout or 0) > rules.max_idle_timeout:
        problem = f"idle_timeout is {spec.idle_timeout} s, more than {rules.max_idle_timeout}"
        yield "max_idle_timeout", problem, f"Set idle_timeout to {rules.max_idle_timeout} or less, or leave it out."
    if not rules.push and spec.push_urls:
        yield "push", "it would be streamed elsewhere as well", "Leave push_urls out."
    if rules.https_only and spec.callback_url is not None and not str(spec.callback_url).startswith("https:"):
        yield "https_only", "callback_url isn't encrypted", "Give an https address as callback_url."


def _stored_wrongly(rules: Rules, spec: RecordingSpec) -> Iterator[tuple[str, str, str]]:
    storage = spec.storage
    bucket = getattr(storage, "bucket", getattr(storage, "container", None))
    if rules.kms and getattr(storage, "server_side_encryption", None) is not ServerSideEncryption.KMS:
        problem = "the files aren't encrypted with a key of Amazon's key management service"
        yield "kms", problem, "Store them in S3, with server_side_encryption: kms."
    if bucket is not None and bucket in rules.trusted_buckets:
        return
    if rules.encrypted and not isinstance(storage, ALWAYS_ENCRYPTED):
        problem = f"nothing says that {storage.kind} encrypts what is stored in {bucket or 'it'}"
        yield "encrypted", problem, "Turn the bucket's own encryption on, and have it added to trusted_buckets."
    if rules.regions is not None:
        region = getattr(storage, "region", None)
        allowed = [
            name for given in rules.regions for name in (EU.get(storage.kind, ()) if given == "EU" else (given,))
        ]
        if region is None:
            problem = f"a spec doesn't tell where {bucket or storage.kind} lies"
            yield "regions", problem, "Look where it lies, and have it added to trusted_buckets."
        elif not _matches(region, allowed):
            where = f"Store it in {', '.join(allowed)}." if allowed else "Store it elsewhere."
            yield "regions", f"{region} is none of {', '.join(rules.regions)}", where


def _matches(name: str, patterns: list[str] | tuple[str, ...]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


class InstalledPolicy(Policy):
    """The policy of an installed plugin: its rules are read when they are first needed."""

    @cached_property
    def rules(self) -> Rules:
        """What is demanded."""
        return Rules.read()


hooks = InstalledPolicy()
"""What is installed."""
