"""Offers a function where a provider is asked for."""


def record(room: str) -> None:
    """Record nothing."""
