"""S: nobody reads a secret."""

from __future__ import annotations

import logging

import pytest
from pydantic import SecretStr

from recorder_core.errors import AuthenticationError, ConfigurationError, PermissionDenied, RecorderError
from recorder_core.provider import Provider
from recorder_core.recorder import Recorder
from recorder_core.testing.battery.checks import views
from recorder_core.testing.conformance.clauses import clause
from recorder_core.testing.conformance.fixtures import Fixtures, MakeProvider, MakeSpec
from recorder_core.testing.conformance.recovery import proxied
from recorder_core.testing.faults import FAULTS
from recorder_core.testing.service import Service, SkewedClock
from recorder_core.testing.watching import TIMEOUT_S, Watch, assert_hidden

__all__ = ["Secrets"]


class Secrets(Fixtures):
    """S: nobody reads a secret."""

    @clause("S1")
    def test_nothing_shows_a_secret(
        self, recorder: Recorder, make_spec: MakeSpec, watch: Watch, caplog: pytest.LogCaptureFixture
    ) -> None:
        """S1: not the configuration, the provider, the log, what hooks are told, nor what is handed out."""
        with caplog.at_level(logging.DEBUG):
            recording = recorder.start(make_spec(), confirm=True)
            status = recorder.stop(recording)
        provider = recorder.provider
        shown = [repr(provider), repr(provider.config), str(provider.config), repr(recorder), caplog.text]
        shown += [repr(recording), repr(status), status.model_dump_json(), *map(repr, watch.exchanges)]
        assert_hidden(provider, *shown)

    @clause("S2")
    @pytest.mark.parametrize("fault", ["reset", "page", "500"])
    def test_no_error_shows_a_secret(
        self, make_provider: MakeProvider, make_spec: MakeSpec, service: Service, clock: SkewedClock, fault: str
    ) -> None:
        """S2: not in its text, its fields, its causes, nor in the local variables of its traceback."""
        with (
            proxied(make_provider, service) as (proxy, provider),
            Recorder(provider, clock=clock, hooks=(), timeout=TIMEOUT_S) as recorder,
        ):
            proxy.fail_always(FAULTS[fault])
            with pytest.raises(RecorderError) as caught:
                recorder.start(make_spec())
        assert_hidden(provider, *views(caught.value), str(caught.value.fields()))

    @clause("S3")
    def test_wrong_credentials_are_named(
        self, make_provider: MakeProvider, make_spec: MakeSpec, service: Service, clock: SkewedClock, watch: Watch
    ) -> None:
        """S3: what the vendor refuses because of its credentials is an `AuthenticationError` or a `PermissionDenied`,
        the caller's fault, with what to check; nothing runs."""
        right = make_provider(service)
        config = right.config.model_copy(update=_wrong(right))
        spec = make_spec()
        with (
            Recorder(type(right)(config), clock=clock, hooks=(watch,), timeout=TIMEOUT_S) as recorder,
            pytest.raises((AuthenticationError, PermissionDenied, ConfigurationError)) as caught,
        ):
            recorder.start(spec)
        assert caught.value.fault == "caller"
        assert caught.value.hint
        assert not [one for one in service.recordings if one.room == spec.room]


def _wrong(provider: Provider) -> dict[str, SecretStr]:
    """Other secrets of the same shape; those of callbacks stay."""
    turned = str.maketrans("0123456789abcdef", "9876543210fedcba")
    given = {name: value for name, value in provider.config if isinstance(value, SecretStr)}
    return {name: SecretStr(value.get_secret_value().translate(turned)) for name, value in given.items()}
