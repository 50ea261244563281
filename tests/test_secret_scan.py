"""The scanner can fail: each place where it looks is made to leak, in a run of pytest of its own."""

from __future__ import annotations

import base64
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from secret_scan.known import KnownSecrets, forms_of
from secret_scan.search import Evidence

TESTS = Path(__file__).parent
CANARY = "-".join(("canary", "of", "the", "mini", "suite"))
"""Made of parts, so that no source line that is quoted has it. Not named as what the scanner of this run looks for."""

LEAKS = {
    "stdout": ("Captured stdout call", "print(SECRET)"),
    "stderr": ("Captured stderr call", "sys.stderr.write(SECRET)"),
    "captured": ("captured stdout", "print(SECRET); capsys.readouterr()"),
    "header": ("Captured stdout call", "print(base64.b64encode(b'customer:' + SECRET.encode()))"),
    "quoted": ("Captured stdout call", "print(urllib.parse.quote(SECRET_PATH, safe=''))"),
    "process": (
        "stdout of a process",
        "subprocess.run([sys.executable, '-c', 'import sys; print(sys.argv[1])', SECRET], capture_output=True)",
    ),
    "log": ("log record of recorder_core.x", "logging.getLogger('recorder_core.x').debug('sent %s', SECRET)"),
    "log_below": ("log record of urllib3.x", "logging.getLogger('urllib3.x').debug(SECRET)"),
    "log_error": ("local sent of recorder_core.leaky.leak", "leaky(ValueError, log=True)"),
    "error_text": ("text, fields or notes of RecorderError", "swallowed(RecorderError(f'it is {SECRET}'))"),
    "error_field": ("text, fields or notes of RateLimited", "swallowed(RateLimited('no', hint=SECRET))"),
    "error_note": (
        "text, fields or notes of RecorderError",
        "e = RecorderError('no'); e.add_note(SECRET); swallowed(e)",
    ),
    "error_cause": ("text, fields or notes of ValueError", "swallowed(RecorderError('no'), ValueError(SECRET))"),
    "error_inputs": ("inputs of ValidationError", "swallowed(RecorderError('no'), invalid())"),
    "error_local": ("local sent of recorder_core.leaky.leak", "leaky(RecorderError)"),
    "error_local_below": ("local sent of urllib3.leaky.leak", "leaky(RecorderError, below='urllib3.leaky')"),
    "error_kept": ("local sent of recorder_core.leaky.leak", "KEPT.append(leaky(RecorderError))"),
    "other_error": (
        "text, fields or notes of KeyError",
        "with pytest.raises(KeyError): raise KeyError(SECRET)",
    ),
    "file": ("file ", "open(tmp_path / 'x.json', 'w').write(SECRET)"),
    "file_name": ("names of files", "(tmp_path / SECRET).touch()"),
    "changed_file": (
        "file ",
        "(tmp_path / 'x').write_text(SECRET); open(tmp_path / 'x', 'a').write('.')",
    ),
    "sqlite": ("rows of file", "sqlite(tmp_path / 'x.db', 'x' * 4000 + SECRET + 'x' * 8172)"),
    "postgres": ("rows of PostgreSQL", "postgres(request.getfixturevalue('postgres_url'))"),
    "redis": (
        "contents of Redis",
        "redis.Redis.from_url(request.getfixturevalue('redis_url')).zadd('x', {SECRET: 1})",
    ),
    "server_password": (
        "Captured stdout call",
        "print(urllib.parse.urlsplit(request.getfixturevalue('redis_url')).password)",
    ),
    "emulator": ("Captured stdout call", "print(request.getfixturevalue('emulated')('agora').webhook_secret)"),
    "journal": ("journal of an emulator", "Journal().append(SECRET)"),
    "plan": ("plan", "Plan('p', (PlannedRequest('start', 'POST', 'u', {'key': SECRET}),), ())"),
    "exchange": (
        "exchange that hooks are shown",
        "HttpExchange('p', 'start', None, 'GET', SECRET, 1, 200, None, None, 0.1, None, None, None)",
    ),
    "hook": ("arguments of the hook recorder_event", "Interception([]).notify('recorder_event', event=SECRET)"),
}
"""Where it must be found, and the test that lets it out."""

HARMLESS = {
    "input": "(tmp_path / 'spec.json').write_text(SECRET)",
    "masked": "print(SecretStr(SECRET)); swallowed(RecorderError(repr(SecretStr(SECRET))))",
    "short": "SecretStr('SK-1'); print('SK-1')",
}
"""What a test may do."""

PRELUDE = f"""
import base64, logging, sqlite3, subprocess, sys, urllib.parse
from contextlib import closing
import psycopg, pydantic, pytest, redis
from pydantic import SecretStr
from sqlalchemy.engine import make_url
from recorder_core import *
from recorder_core.emulation.journal import Journal
from recorder_core.hooks import HttpExchange, Interception

pytest_plugins = ["recorder_core.testing.fixtures", "servers"]
SECRET = SecretStr("-".join({CANARY.split("-")})).get_secret_value()
SECRET_PATH = SecretStr("a path/with" + SECRET).get_secret_value()
KEPT = []

class Number(pydantic.BaseModel, hide_input_in_errors=True):
    value: int

def invalid():
    try:
        Number.model_validate({{"value": SECRET}})
    except pydantic.ValidationError as error:
        error.__traceback__ = None
        return error

def swallowed(error, cause=None):
    try:
        raise error from cause
    except RecorderError:
        pass

def leaky(kind, below=None, log=False):
    code = '''def leak(kind, inner, given):
    if inner: inner(kind, None, given)
    sent = "".join(given)
    raise kind("no")
'''
    inner = {{}}
    exec(code, outer := {{"__name__": "recorder_core.leaky"}})
    if below:
        exec(code, inner := {{"__name__": below}})
    try:
        outer["leak"](kind, inner.get("leak"), Hidden(SECRET))
    except kind as error:
        if log:
            logging.getLogger("recorder_core").warning("no", exc_info=True)
        return error

class Hidden:
    def __init__(self, text):
        self.text = text
    def __iter__(self):
        return iter(self.text)

def sqlite(path, text):
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("CREATE TABLE t (x)")
        database.execute("INSERT INTO t VALUES (?)", (text,))
    assert SECRET.encode() not in path.read_bytes()  # its pages share it

def postgres(url):
    with psycopg.connect(make_url(url).set(drivername="postgresql").render_as_string(False)) as database:
        database.execute("CREATE TABLE t (x text)")
        database.execute("INSERT INTO t VALUES (%s)", ("x" * 9000 + SECRET,))
"""


def suite_of(tests: dict[str, str]) -> str:
    """The source of a test file."""
    written = [f"def test_{name}(capsys, request, tmp_path):\n    {body}\n" for name, body in tests.items()]
    return PRELUDE + "\n".join(written)


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """pytest, in a process of its own, with nothing but the scanner."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "secret_scan.plugin", "-p", "no:cacheprovider", "--tb=short"]
    return subprocess.run(
        [*command, f"--basetemp={folder / 'base'}", "--rootdir", str(folder), "-c", os.devnull, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(TESTS), "PYTEST_ADDOPTS": ""},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture(scope="session")
def leaks(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a run says of which each test lets the secret out."""
    folder = tmp_path_factory.mktemp("leaks")
    (folder / "test_leaks.py").write_text(suite_of({name: body for name, (_, body) in LEAKS.items()} | HARMLESS))
    done = run(folder, "test_leaks.py")
    assert done.returncode == 1, done.stdout + done.stderr
    return done.stdout


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_is_found(leaks: str, name: str) -> None:
    """It fails its test, and the place is named, with the line that gave the secret away; the secret isn't shown."""
    report = leaks.partition(f" ERROR at teardown of test_{name} ")[2].partition("\n____")[0]
    (found,) = re.findall(r"^  (.+): the secret of \d+ characters from (.+)$", report, re.MULTILINE)[:1]
    assert found[0].startswith(LEAKS[name][0])
    assert found[1]
    assert CANARY not in leaks
    assert base64.b64encode(CANARY.encode()).decode()[:-4] not in leaks


@pytest.mark.parametrize("name", HARMLESS)
def test_what_is_no_leak_is_let_pass(leaks: str, name: str) -> None:
    """Input that a test writes, and what is masked."""
    assert f"test_{name} " not in leaks


def test_a_leak_after_the_last_test_is_found_by_workers_too(tmp_path: Path) -> None:
    """What comes to light when no test runs any more fails the session, in a worker of xdist as well."""
    (tmp_path / "test_late.py").write_text(suite_of({"nothing": "pass"}))
    late = "import logging, test_late\ndef pytest_sessionfinish():\n    "
    (tmp_path / "conftest.py").write_text(f"{late}logging.getLogger('recorder_core').info(test_late.SECRET)\n")
    done = run(tmp_path, "-n1", "test_late.py")
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert "log record of recorder_core" in done.stdout
    assert CANARY not in done.stdout
    assert done.returncode == 1


@pytest.mark.parametrize("before", range(4))
def test_a_secret_is_found_inside_of_base64(before: int) -> None:
    """Wherever it begins."""
    known = KnownSecrets()
    known.add(CANARY, "here")
    evidence = Evidence(known)
    evidence.add("there", base64.b64encode(b"x" * before + CANARY.encode() + b"yz").decode())
    (found,) = evidence.findings()
    assert str(found) == f"there: the secret of {len(CANARY)} characters from here"


def test_a_value_without_shape_is_no_secret() -> None:
    """What stands in any text by chance isn't searched for."""
    known = KnownSecrets()
    for value in ("SK-1", "0" * 32, None, 12345678):
        known.add(value, "here")
    assert known.all() == []
    known.add("postgresql://user:pass%2Fword-1@host/name", "here")
    assert [secret.value for secret in known.all()][:1] == ["pass/word-1"]
    assert "pass%2Fword-1" in forms_of("pass/word-1")
