"""Which addresses are a ledger's, and that nothing secret in one is ever shown."""

from __future__ import annotations

import pickle
import sys
import traceback
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from recorder_core import ConfigurationError, LedgerUnavailable, RecorderError
from recorder_core.ledger import Ledger, open_ledger
from recorder_core.ledger.address import Address
from recorder_core.models.base import MASK

from .conftest import HandClock, intent

PASSWORD = "p@ss/word-of-the-ledger"
QUOTED = "p%40ss%2Fword-of-the-ledger"


def opened(url: Any) -> Ledger:
    return open_ledger(url, provider="memory", account="tenant-1", clock=HandClock())


@pytest.mark.parametrize(
    ("parts", "what"),
    [
        (("recordings.db",), "is none"),
        ((None,), "is none"),
        (("sqlite", "//"), "in memory"),
        (("sqlite", "///:memory:"), "in memory"),
        (("sqlite", "///file:recordings.db?mode=ro&uri=true"), "only the path"),
        (("sqlite", "//folder/recordings.db"), "only the path"),
        (("mysql", f"//user:{QUOTED}@host/name"), "no ledger is kept in 'mysql'"),
        (("postgres", f"//user:{QUOTED}@host/name"), "no ledger is kept in 'postgres'"),
        (("postgresql+asyncpg", f"//user:{QUOTED}@host/name"), r"no ledger is kept in 'postgresql\+asyncpg'"),
        (("postgresql+psycopg", f"//user:{QUOTED}@host:port/name"), "is none"),
    ],
)
def test_what_is_no_address_of_a_ledger_is_refused(parts: tuple[str, ...], what: str) -> None:
    """At once, with an example of one, and without the address, which may hold a password."""
    with pytest.raises(ConfigurationError, match=what) as caught:
        opened(None if parts[0] is None else ":".join(parts))
    assert "sqlite:///recordings.db" in str(caught.value)
    assert_no_secret(caught.value)


def test_a_path_counts_from_where_the_process_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, hand_clock: HandClock
) -> None:
    """A server that changes its folder later doesn't begin another ledger there."""
    monkeypatch.chdir(tmp_path)
    ledger = opened("sqlite:///recordings.db")
    monkeypatch.chdir("/")
    ledger.begin(intent(), 60)
    ledger.close()
    assert (tmp_path / "recordings.db").exists()
    assert repr(ledger) == f"Ledger('sqlite:///{tmp_path}/recordings.db')"


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra that brings it, when the recorder is made, not when the first recording starts."""
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(ConfigurationError, match=r"pip install 'recorder-core\[postgres\]'"):
        opened("postgresql://user@host/name")


def test_missing_sqlalchemy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """The extra that brings it."""
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    for name in [name for name in sys.modules if name.startswith("recorder_core.ledger.")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ConfigurationError, match=r"pip install 'recorder-core\[sql\]'"):
        opened("sqlite:///recordings.db")


@pytest.mark.parametrize(
    "address",
    [
        "teacher:{password}@127.0.0.1:9/lessons",
        "teacher@127.0.0.1:9/lessons?password={password}",
        "teacher:{password}@/lessons?host=/nowhere&application_name=school",
    ],
)
def test_a_password_is_shown_nowhere(address: str) -> None:
    """Not in the error of a server that doesn't answer, in its traceback with locals, in a repr or a pickle."""
    ledger = opened(SecretStr(f"postgresql://{address.format(password=QUOTED)}"))
    with pytest.raises(LedgerUnavailable) as caught:
        ledger.begin(intent(), 60)
    assert caught.value.retryable
    assert "lessons" in str(caught.value)
    assert_no_secret(caught.value)
    shown = repr(ledger) + repr(vars(ledger)) + repr(vars(ledger._database))
    assert PASSWORD not in shown
    assert QUOTED not in shown


def test_words_of_a_database_are_masked() -> None:
    """Whatever of the address a server or its driver repeats."""
    address = Address(f"postgresql://teacher:{QUOTED}@host/lessons?sslpassword=of-the-key&application_name=school")
    assert address.masked(f"no {PASSWORD} for school, of-the-key is wrong") == f"no {MASK} for school, {MASK} is wrong"


def test_a_refused_password_is_shown_nowhere(postgres_url: str) -> None:
    """Not in the server's own words either."""
    wrong = postgres_url.replace("postgres-password-of-the-tests", QUOTED)
    ledger = opened(wrong)
    with pytest.raises(LedgerUnavailable, match="password authentication failed") as caught:
        ledger.entries()
    assert not caught.value.retryable
    assert "Check user and password" in str(caught.value)
    assert_no_secret(caught.value)


def assert_no_secret(error: RecorderError) -> None:
    """In no text of it, of what it followed, or of the variables of the frames that it passed."""
    told = repr(pickle.dumps(error))
    inner: BaseException | None = error
    while inner is not None:
        assert inner.__cause__ is None
        told += f"{inner!r}{inner}{vars(inner)}"
        frames = [frame for frame, _ in traceback.walk_tb(inner.__traceback__)]
        told += "".join(repr(frame.f_locals) for frame in frames if frame.f_code.co_filename != __file__)
        inner = inner.__context__
    assert PASSWORD not in told
    assert QUOTED not in told
