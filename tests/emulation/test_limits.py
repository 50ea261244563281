"""Call limits."""

from recorder_core.emulation.limits import RateLimit


def test_windows_are_fixed_and_per_key() -> None:
    """So many calls of a key in each second of the wall clock, counted anew in the next."""
    limit = RateLimit(2)
    assert [limit.allow("a", at) for at in (10.0, 10.5, 10.99, 11.0)] == [True, True, False, True]
    assert limit.allow("b", 10.99)
