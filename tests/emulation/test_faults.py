"""Ordering faults."""

import pytest

from recorder_core.emulation.faults import ANSWER_FAULTS, CALLBACK, CALLBACK_FAULTS, CONNECTION_FAULTS, Faults


def test_faults_are_taken_in_order_and_used_up() -> None:
    """Each order meets as many requests of its operation as it says; `*` meets any."""
    faults = Faults()
    faults.fail_next("start", "503", times=2)
    faults.fail_next("*", "reset")
    taken = [faults.take(operation) for operation in ("status", "start", "start", "start", "status")]
    assert taken == ["reset", "503", "503", None, None]


def test_every_documented_fault_can_be_ordered() -> None:
    """What the tables name, `die` and any vendor code are faults."""
    faults = Faults()
    for fault in (*CONNECTION_FAULTS, *ANSWER_FAULTS, "die", "code:53"):
        faults.fail_next("start", fault)
        assert faults.take("start") == fault
    for fault in CALLBACK_FAULTS:
        faults.fail_next(CALLBACK, fault)
        faults.fail_next("*", "503")
        assert [faults.take(CALLBACK), faults.take(CALLBACK), faults.take("start")] == [fault, None, "503"]
    faults.fail_next("start", "die")
    faults.clear()
    assert faults.take("start") is None


@pytest.mark.parametrize("fault", ["explode", "code:", "code", ""])
def test_an_unknown_fault_is_refused(fault: str) -> None:
    """A typing error in a test must not pass for a service without faults."""
    with pytest.raises(ValueError, match="unknown fault"):
        Faults().fail_next("start", fault)


@pytest.mark.parametrize(
    ("operation", "fault"),
    [(CALLBACK, "503"), (CALLBACK, "die"), (CALLBACK, "code:1"), ("start", "lose"), ("*", "late")],
)
def test_requests_and_notifications_have_faults_of_their_own(operation: str, fault: str) -> None:
    """Neither can be ordered for the other; the sentence names those that can."""
    with pytest.raises(ValueError, match="there are") as caught:
        Faults().fail_next(operation, fault)
    assert ("duplicate" in str(caught.value)) is (operation == CALLBACK)


def test_at_least_once() -> None:
    """A fault that never happens is refused."""
    with pytest.raises(ValueError, match="times"):
        Faults().fail_next("start", "503", times=0)
