"""Call limits."""

from recorder_core.emulation.limits import RateLimit


def test_windows_are_fixed_and_per_key() -> None:
    """So many calls of a key in each second of the wall clock, counted anew in the next."""
    limit = RateLimit(2)
    assert [limit.allow("a", at) for at in (10.0, 10.5, 10.99, 11.0)] == [True, True, False, True]
    assert limit.allow("b", 10.99)


def test_a_sliding_window_has_no_edge() -> None:
    """So many calls in any second; refused ones don't count."""
    limit = RateLimit(2)
    allowed = [limit.allow("a", at, sliding=True) for at in (10.0, 10.9, 10.95, 11.0, 11.1, 11.95)]
    assert allowed == [True, True, False, True, False, True]


def test_a_window_may_be_longer() -> None:
    """Windows of any length begin at a multiple of it."""
    limit = RateLimit(1, seconds=60)
    assert [limit.allow("a", at) for at in (59.0, 60.0, 119.9, 120.0)] == [True, True, False, True]
