"""A setup looked at line by line, from the configuration to the bucket, before anything is recorded with it."""

from __future__ import annotations

import difflib
import ipaddress
import math
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import TypeVar
from urllib.parse import urlsplit

from pydantic import ValidationError

from recorder_core.checks import Check, CheckVerdict, at_once
from recorder_core.clock import Deadline, deadline_scope
from recorder_core.configuration import ProviderConfig
from recorder_core.errors import (
    AuthenticationError,
    ConfigurationError,
    PermissionDenied,
    QuotaExceeded,
    RecorderError,
    UnsupportedOperation,
)
from recorder_core.models import RecordingSpec
from recorder_core.models.loading import describe_errors
from recorder_core.provider import Provider
from recorder_core.transport import Reach, Transport

__all__ = ["diagnose", "in_environment"]

HOSTS_S, ACCOUNT_S, STORAGE_S = 12.0, 18.0, 25.0
"""Seconds for each stage at most: a whole diagnosis takes less than a minute."""
NOTICEABLE_S = 30.0
"""Seconds from which on a clock that is off is worth a warning."""
PRECISION_S = 1.0
"""Seconds by which a host's `Date` and the way of its answer may mislead."""

GRACE_S = 1.0
"""Seconds that what has a deadline may take beyond it, before it is left alone."""

T = TypeVar("T")
AccountCheck = tuple[Check, Check]
"""Credentials and service at one host."""


def diagnose(
    provider: Provider, spec: RecordingSpec | None = None, *, configuration: Check | None = None
) -> Iterator[Check]:
    """Look at a setup: configuration, hosts, clock, credentials, service, storage, callbacks, in this order.

    Nothing is started and nothing raised for what is wrong: what fails doesn't keep the rest from being looked at. The
    whole takes less than a minute; what can be is done at the same time.

    Args:
        provider: an open one.
        spec: whose storage and `callback_url` are looked at too.
        configuration: what is known of the configuration; where it failed, the vendor isn't asked about the account.
            None: it is complete.
    """
    is_configured = configuration is None or configuration.verdict != "failed"
    yield configuration or Check("configuration", "passed", f"complete, for account {provider.account}")
    transport = _transport_of(provider)
    reaches = _reaches(provider, transport)
    yield from (_host(reach) for reach in reaches)
    if transport is None:
        yield Check("host", "not_checked", "the provider brings its own connections, which aren't known here")
    yield _clock(reaches, provider.clock_tolerance)
    yield from _account(provider, [reach.base_url for reach in reaches if reach.failed_at is None], is_configured)
    yield from _storage(provider, spec)
    yield _callback_secret(provider, is_configured)
    if spec is not None and spec.callback_url is not None:
        yield _callback_url(spec.callback_url)


# --- configuration -----------------------------------------------------------------------------------------------


def in_environment(
    found: type[Provider], environ: Mapping[str, str] | None = None
) -> tuple[ProviderConfig | None, Check]:
    """The configuration that the environment gives, and what is to be said of it. No value is shown.

    Returns:
        The configuration, with examples for the credentials where they are wrong, so that what needs none can be
        looked at; None: not even that can be made of it.
    """
    environ = os.environ if environ is None else environ
    model = found.Config
    values = model.set_in_env(environ)
    strangers = _strangers(model, environ)
    try:
        config = model.model_validate(values)
    except ValidationError as error:
        problems = [_with_variable(model, problem) for problem in describe_errors(error, model)]
    else:
        if strangers:
            return config, Check("configuration", "warning", f"complete; {'; '.join(strangers)}", "Check the names.")
        return config, Check("configuration", "passed", f"complete, from {_variables(model, values)}")
    check = Check(
        "configuration", "failed", "; ".join([*problems, *strangers]), _remedy(model, values, problems, strangers)
    )
    optional = {name: value for name, value in values.items() if not model.model_fields[name].is_required()}
    for given in (optional, {}):
        try:
            return model.placeholder(**given), check
        except ConfigurationError:
            continue
    return None, check


def _remedy(
    model: type[ProviderConfig], values: Mapping[str, object], problems: Sequence[str], strangers: Sequence[str]
) -> str:
    """What mends a configuration: variables to set, to correct, to rename."""
    required = [name for name, info in model.model_fields.items() if info.is_required()]
    missing = [model.env_name(name) for name in required if name not in values]
    named = {problem.partition(":")[0].partition(".")[0] for problem in problems}
    wrong = [model.env_name(name) for name in values if model.env_name(name) in named]
    remedies = [f"Set {', '.join(missing)}."] if missing else []
    remedies += ["Check the name of what is set in place of one."] if strangers else []
    remedies += [f"Correct or unset {', '.join(wrong)}."] if wrong else []
    return " ".join(remedies) or f"Correct {', '.join(map(model.env_name, values))}, of which two don't go together."


def _with_variable(model: type[ProviderConfig], problem: str) -> str:
    """The problem with the variable's name in place of the field's."""
    path, colon, what = problem.partition(":")
    field, dot, rest = path.partition(".")
    return f"{model.env_name(field)}{dot}{rest}{colon}{what}" if field in model.model_fields else problem


def _variables(model: type[ProviderConfig], values: Mapping[str, object]) -> str:
    return ", ".join(model.env_name(name) for name in values) or "the defaults"


def _strangers(model: type[ProviderConfig], environ: Mapping[str, str]) -> list[str]:
    """Variables that look like the provider's and are none, with the one that was probably meant."""
    prefix = model.env_prefix
    known = [model.env_name(name).removeprefix(prefix) for name in model.model_fields]
    found = []
    for name in sorted(environ):
        rest = name.removeprefix(prefix)
        if not prefix or rest == name or rest in known:
            continue
        near = difflib.get_close_matches(rest, known, n=1, cutoff=0.8)
        if near and not environ.get(prefix + near[0]):
            found.append(f"{name} is set, which is no variable of this provider; did you mean {prefix}{near[0]}?")
    return found


# --- hosts and clock ---------------------------------------------------------------------------------------------


def _transport_of(provider: Provider) -> Transport | None:
    try:
        return provider.transport
    except ConfigurationError:
        return None


def _reaches(provider: Provider, transport: Transport | None) -> list[Reach]:
    if transport is None:
        return []
    hosts = transport.base_urls
    found = at_once([_within(provider, HOSTS_S, partial(transport.reach, host)) for host in hosts], HOSTS_S + GRACE_S)
    late = f"no answer within {HOSTS_S:g} s"
    return [reach or Reach(host, "HTTP", late) for host, reach in zip(hosts, found, strict=True)]


def _within(provider: Provider, seconds: float, task: Callable[[], T]) -> Callable[[], T]:
    """The task under a deadline of its own."""

    def run() -> T:
        with deadline_scope(Deadline(provider.runtime.clock, seconds)):
            return task()

    return run


WAYS: Mapping[str, str] = {
    "proxy": "Check the proxy variables (HTTPS_PROXY, HTTP_PROXY, NO_PROXY) and the file of REQUESTS_CA_BUNDLE.",
    "DNS": "The name can't be looked up: check base_urls where they are set, and this machine's DNS.",
    "TCP": "No connection: check the firewall (port 443 outward) and the network, and base_urls where they are set.",
    "TLS": "The host can't show that it is who it says: check this machine's clock; behind a proxy that opens TLS set "
    "REQUESTS_CA_BUNDLE to its CA.",
    "HTTP": "The connection stands and no answer comes: something in between may hold it up; try again.",
}


def _host(reach: Reach) -> Check:
    name = f"host {_label(reach.base_url)}"
    if reach.failed_at is not None:
        return Check(name, "failed", f"{reach.failed_at}: {reach.reason}", WAYS[reach.failed_at])
    if reach.status is not None and 300 <= reach.status < 400:
        detail = f"HTTP {reach.status}: it points elsewhere, as a network that asks for a login does"
        return Check(name, "warning", detail, "Check base_urls where they are set, and the network.")
    if reach.status is not None and reach.status >= 500:
        return Check(name, "warning", f"HTTP {reach.status}: it answers, and can't serve now", "Try again later.")
    secure = "DNS, TCP, TLS and HTTP" if reach.base_url.startswith("https:") else "DNS, TCP and HTTP"
    return Check(name, "passed", f"{secure} work")


def _clock(reaches: Sequence[Reach], tolerance: float | None) -> Check:
    """This machine's clock against those of the hosts; the one that differs most counts."""
    told = [reach for reach in reaches if reach.ahead_s is not None]
    if not told:
        return Check("clock", "not_checked", "no host said what time it is there")
    worst = max(told, key=lambda reach: abs(reach.ahead_s or 0.0))
    ahead = worst.ahead_s or 0.0
    off = max(abs(ahead) - PRECISION_S, 0.0)
    allowed = math.inf if tolerance is None else tolerance
    window = "" if tolerance is None else f"; the vendor refuses signatures from {tolerance:g} s on"
    where = f"{'ahead of' if ahead > 0 else 'behind'} {_label(worst.base_url)}'s"
    fix = "Set this machine's clock (NTP)."
    if off >= NOTICEABLE_S:
        verdict: CheckVerdict = "failed" if off > allowed else "warning"
        return Check("clock", verdict, f"{abs(ahead):.0f} s {where}{window}", fix)
    return Check("clock", "passed", f"within {max(math.ceil(off), 1)} s of the hosts'")


def _label(base_url: str) -> str:
    return urlsplit(base_url).netloc


# --- the account -------------------------------------------------------------------------------------------------


def _account(provider: Provider, hosts: Sequence[str], is_configured: bool) -> Iterator[Check]:
    """Credentials at each host, then the service at each."""
    why_not = (
        "the configuration comes first"
        if not is_configured
        else "the provider can't tell"
        if not provider.offers("check_account")
        else "no host can be reached"
        if not hosts
        else None
    )
    if why_not is not None:
        yield Check("credentials", "not_checked", why_not)
        yield Check("service", "not_checked", why_not)
        return
    tasks = [_within(provider, ACCOUNT_S, partial(_account_at, provider, host)) for host in hosts]
    late = f"the vendor didn't answer within {ACCOUNT_S:g} s"
    found = [pair or _unclear(late, "Try again.") for pair in at_once(tasks, ACCOUNT_S + GRACE_S)]
    for part in (0, 1):
        for host, pair in zip(hosts, found, strict=True):
            check = pair[part]
            name = check.name if len(hosts) == 1 else f"{check.name} at {_label(host)}"
            yield Check(name, check.verdict, check.detail, check.fix)


def _account_at(provider: Provider, host: str) -> AccountCheck:
    """What one host says of credentials and service."""
    try:
        proved = provider.check_account(host)
    except UnsupportedOperation:
        return _pair(("not_checked", "the provider can't tell"), ("not_checked", "the provider can't tell"))
    except AuthenticationError as error:
        return _pair(("failed", *_told(error)), ("not_checked", "the credentials come first"))
    except PermissionDenied as error:
        return _pair(("passed", "accepted"), ("failed", *_told(error)))
    except QuotaExceeded as error:
        return _pair(("passed", "accepted"), ("warning", *_told(error)))
    except RecorderError as error:
        return _unclear(*_told(error))
    except Exception as error:  # a provider of anybody's: its error must not end the diagnosis, nor its text be shown
        return _unclear(f"the provider itself failed: {type(error).__name__}", "Tell its authors.")
    return _pair(("passed", proved), ("passed", "enabled"))


def _pair(
    credentials: tuple[CheckVerdict, *tuple[str, ...]], service: tuple[CheckVerdict, *tuple[str, ...]]
) -> AccountCheck:
    return Check("credentials", *credentials), Check("service", *service)


def _unclear(detail: str, fix: str) -> AccountCheck:
    return _pair(("failed", detail, fix), ("not_checked", "the credentials come first"))


def _told(error: RecorderError) -> tuple[str, str]:
    """What an error says, in one line, and its hint."""
    answer = (("code", error.vendor_code), ("request id", error.request_id))
    told = ", ".join(f"{label} {value}" for label, value in answer if value not in (None, ""))
    return error.message + (told and f" ({told})"), error.hint or ""


# --- storage and callbacks ---------------------------------------------------------------------------------------


def _storage(provider: Provider, spec: RecordingSpec | None) -> Iterator[Check]:
    if spec is None:
        yield Check("storage", "not_checked", "no spec was given", "Give one (--spec SPEC), whose storage is tried.")
        return
    (found,) = at_once(
        [_within(provider, STORAGE_S, partial(provider.check_storage, spec.storage, spec.output.prefix))],
        STORAGE_S + GRACE_S,
    )
    if found is None:
        yield Check("storage", "failed", f"the store didn't answer within {STORAGE_S:g} s", "Check the endpoint.")
        return
    yield from found.checks


def _callback_secret(provider: Provider, is_configured: bool) -> Check:
    name, number = "callback secret", len(provider.config.webhook_secret)
    if not provider.offers("parse_webhook"):
        return Check(name, "not_checked", "the provider reads no callbacks")
    if number:
        several = f"{number} secrets, each of which is accepted: drop the old one after a change"
        return Check(name, "passed", "one secret" if number == 1 else several)
    if not is_configured:
        return Check(name, "not_checked", "the configuration comes first")
    return Check(
        name,
        "warning",
        "none: a callback can't be told from a forged one, and is only taken as a reason to ask the vendor",
        f"Set {provider.config.env_name('webhook_secret')} to the secret of the vendor's console; without callbacks "
        "there is nothing to do.",
    )


def _callback_url(url: str) -> Check:
    """The address in a spec, by its shape alone: nothing is sent there."""
    name, parts = "callback url", urlsplit(url)
    host = parts.hostname or ""
    if not _is_public(host):
        fix = "Give an address that can be reached from the internet."
        return Check(name, "failed", f"{host} is an address that the vendor can't reach", fix)
    if parts.username is not None or parts.fragment:
        fix = "Leave out user, password and fragment: the callback secret tells who calls."
        return Check(name, "warning", "it holds a user, a password or a fragment, which few clients send", fix)
    if parts.scheme != "https":
        fix = "Give an https address."
        return Check(name, "warning", "http: anybody in between can read the callbacks and hold them back", fix)
    return Check(name, "passed", f"https, at {host}, a name that may be public; nothing was sent there")


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host.strip(".") and not host.endswith((".local", ".internal", ".localhost", ".invalid", ".test"))
