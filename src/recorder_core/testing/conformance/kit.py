"""The kit: all tests in one class, which can't be weakened in silence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest

from recorder_core.testing.conformance.adopting import Adopting
from recorder_core.testing.conformance.callbacks import Callbacks
from recorder_core.testing.conformance.clauses import clause, proofs_of
from recorder_core.testing.conformance.failures import Failures
from recorder_core.testing.conformance.kept_files import KeptFiles
from recorder_core.testing.conformance.lifecycle import Lifecycle
from recorder_core.testing.conformance.parts import Parts
from recorder_core.testing.conformance.plugin import Plugin
from recorder_core.testing.conformance.recovery import Recovery
from recorder_core.testing.conformance.secrets import Secrets
from recorder_core.testing.conformance.sharing import Sharing
from recorder_core.testing.conformance.translation import Translation

__all__ = ["ProviderConformance"]


class ProviderConformance(
    Plugin, Translation, Lifecycle, KeptFiles, Recovery, Adopting, Parts, Sharing, Secrets, Callbacks, Failures
):
    """The contract, as tests. Subclass it, and name the provider; `Fixtures` has what may be overridden.

    A test that is overridden or taken away fails. One that can't pass yet is named in `known_failures` with its
    reason, and fails as soon as it passes.
    """

    known_failures: ClassVar[Mapping[str, str]] = {}
    """Reasons by the names of tests."""

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        for name, test in proofs_of(ProviderConformance).items():
            found = getattr(cls, name, None)
            if found is not test and not hasattr(found, "__of_the_kit__"):
                setattr(cls, name, _of_the_kit(_weakened(name), test))
        for name, reason in cls.known_failures.items():
            _expect_failure(cls, name, reason)

    @clause("K1")
    def test_the_whole_kit_runs(self, request: pytest.FixtureRequest) -> None:
        """K1: every test of the kit is collected, unless whoever runs pytest has asked for some of them only."""
        options = request.config.option
        asked = [options.keyword, options.markexpr, *(arg for arg in request.config.args if "::" in arg)]
        if any(asked) or options.deselect:
            return
        here = {item.name.partition("[")[0] for item in request.session.items if getattr(item, "cls", 0) is type(self)}
        assert here >= proofs_of(ProviderConformance).keys(), "tests of the kit were taken out of the collection"


def _weakened(name: str) -> Callable[..., None]:
    def test(self: object) -> None:
        pytest.fail(
            f"{name} of the conformance kit was overridden. Where it can't pass yet, say so: "
            f'known_failures = {{"{name}": "the reason"}}',
            pytrace=False,
        )

    return test


def _expect_failure(cls: type, name: str, reason: str) -> None:
    inherited = proofs_of(ProviderConformance).get(name)
    if inherited is None or not reason.strip():
        raise TypeError(f"known_failures of {cls.__name__}: {name!r} is no test of the kit, or has no reason")

    def test(*args: Any, **keywords: Any) -> object:
        return inherited(*args, **keywords)

    test.__wrapped__ = inherited  # type: ignore[attr-defined]  # its arguments are the inherited one's
    setattr(cls, name, pytest.mark.xfail(reason=reason, strict=True)(_of_the_kit(test, inherited)))


def _of_the_kit(test: Callable[..., Any], instead_of: Callable[..., Any]) -> Callable[..., Any]:
    test.__of_the_kit__ = True  # type: ignore[attr-defined]
    test.__doc__ = instead_of.__doc__
    test.__clauses__ = getattr(instead_of, "__clauses__", ())  # type: ignore[attr-defined]
    return test
