"""The conformance kit can't be weakened in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from kits import run_kit
from recorder_core.testing.conformance import ProviderConformance, clause

HEAD = """
import pytest
from recorder_core.testing.conformance import ProviderConformance

"""
TEST = "test_the_numbers_make_sense"


@pytest.fixture
def outcomes(tmp_path: Path) -> object:
    """Runs a file of tests; what came of each of one class."""

    def run(code: str, *chosen: str, conftest: str = "") -> dict[str, str]:
        file = tmp_path / "test_own.py"
        file.write_text(HEAD + code, encoding="utf-8")
        (tmp_path / "conftest.py").write_text(conftest, encoding="utf-8")
        (found,) = run_kit(file, tmp_path, chosen=chosen).values()
        return found

    return run


@pytest.mark.parametrize(
    "code",
    [
        f"class TestOwn(ProviderConformance):\n    name = 'agora'\n    def {TEST}(self): ...\n",
        f"class TestOwn(ProviderConformance):\n    name = 'agora'\n    {TEST} = None\n",
        f"class Easy:\n    def {TEST}(self): ...\nclass TestOwn(Easy, ProviderConformance):\n    name = 'agora'\n",
        f"class Own(ProviderConformance):\n    name = 'agora'\n    def {TEST}(self): ...\nclass TestOwn(Own): ...\n",
    ],
    ids=["overridden", "taken away", "overridden by a base", "overridden above"],
)
def test_a_test_that_is_overridden_fails(outcomes: object, code: str) -> None:
    """Whichever way; it says how a failure is declared."""
    found = outcomes(code, f"TestOwn::{TEST}")  # type: ignore[operator]
    assert f"{TEST} of the conformance kit was overridden" in found[TEST]
    assert "known_failures" in found[TEST]


def test_a_known_failure_needs_a_reason_and_has_to_fail(outcomes: object) -> None:
    """As soon as it passes, it is no known failure any more."""
    code = f"class TestOwn(ProviderConformance):\n    name = 'agora'\n    known_failures = {{'{TEST}': 'no pace'}}\n"
    found = outcomes(code, f"TestOwn::{TEST}", "TestOwn::test_the_class_can_be_used")  # type: ignore[operator]
    assert "XPASS(strict)" in found[TEST]
    assert found["test_the_class_can_be_used"] == ""
    code = code.replace("name = 'agora'", "name = 'agora'\n    expect = pytest.fixture(lambda self: 0)")
    failing = code.replace(TEST, "test_the_class_can_be_used").replace("'agora'", "'zegocloud'", 1)
    failing += "    @pytest.fixture\n    def provider(self, make_provider, service):\n        return None\n"
    assert outcomes(failing, "TestOwn::test_the_class_can_be_used")["test_the_class_can_be_used"] == ""  # type: ignore[operator]


@pytest.mark.parametrize("known", [{"test_that_is_none": "because"}, {TEST: " "}])
def test_a_known_failure_is_a_test_with_a_reason(known: dict[str, str]) -> None:
    """Anything else is refused when the class is made."""
    with pytest.raises(TypeError, match="is no test of the kit, or has no reason"):
        type("TestOwn", (ProviderConformance,), {"known_failures": known})


def test_a_test_that_is_not_collected_is_missed(outcomes: object) -> None:
    """Whoever takes tests out of the collection for everybody, and says nothing, finds it red."""
    conftest = (
        "def pytest_collection_modifyitems(items):\n"
        "    items[:] = [item for item in items if 'whole_kit' in item.name or 'numbers' in item.name]\n"
    )
    found = outcomes("class TestOwn(ProviderConformance):\n    name = 'agora'\n", conftest=conftest)  # type: ignore[operator]
    assert found["test_the_numbers_make_sense"] == ""
    assert "taken out of the collection" in found["test_the_whole_kit_runs"]


@pytest.mark.parametrize("numbers", [(), ("1",), ("L1", "first")])
def test_a_proof_names_clauses(numbers: tuple[str, ...]) -> None:
    """A letter and a number."""
    with pytest.raises(ValueError, match="no number of a clause"):
        clause(*numbers)
