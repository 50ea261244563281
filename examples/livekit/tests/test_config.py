"""What is configured: by the names of the vendor's own tools."""

from __future__ import annotations

import pytest
from recorder_core import ConfigurationError

from asking import PAGE
from recorder_livekit.config import LivekitConfig
from recorder_livekit.provider import LivekitProvider

ENV = {
    "LIVEKIT_URL": "wss://School.livekit.cloud/",
    "LIVEKIT_API_KEY": "APIschool",
    "LIVEKIT_API_SECRET": "secret-of-the-school",
}


def test_the_vendor_s_own_variables_are_read() -> None:
    """An address by which clients join leads to the API, and tells the account from others."""
    config = LivekitConfig.from_env(ENV)
    assert config.hosts() == ("https://School.livekit.cloud",)
    assert LivekitProvider(config).account == "school.livekit.cloud"
    local = LivekitConfig.from_env(ENV | {"LIVEKIT_URL": "ws://localhost:7880"})
    assert (local.hosts(), LivekitProvider(local).account) == (("http://localhost:7880",), "localhost:7880")


def test_other_hosts_leave_the_account_as_it_is() -> None:
    """A handle belongs to the project, whichever way leads there."""
    config = LivekitConfig.from_env(ENV | {"LIVEKIT_BASE_URLS": "https://one.example,https://two.example"})
    assert config.hosts() == ("https://one.example", "https://two.example")
    assert LivekitProvider(config).account == "school.livekit.cloud"


def test_callbacks_are_signed_with_the_key_s_secret() -> None:
    """Unless another one is given, or several while one is replaced."""
    secrets = [secret.get_secret_value() for secret in LivekitConfig.from_env(ENV).webhook_secret]
    assert secrets == ["secret-of-the-school"]
    both = LivekitConfig.from_env(ENV | {"LIVEKIT_WEBHOOK_SECRET": "old,new"})
    assert [secret.get_secret_value() for secret in both.webhook_secret] == ["old", "new"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LIVEKIT_URL", "example.livekit.cloud"),
        ("LIVEKIT_URL", "https://user:SK-shown@example.livekit.cloud"),
        ("LIVEKIT_URL", "ftp://example.livekit.cloud"),
        ("LIVEKIT_TEMPLATE_URL", "recording.html"),
        ("LIVEKIT_TEMPLATE_URL", "https://user:SK-shown@app.example/"),
        ("LIVEKIT_API_SECRET", ""),
    ],
)
def test_what_is_wrong_is_named(name: str, value: str) -> None:
    """By its field, and no value is shown."""
    with pytest.raises(ConfigurationError) as caught:
        LivekitConfig.from_env(ENV | {name: value})
    assert name.removeprefix("LIVEKIT_").lower() in str(caught.value).lower()
    assert "SK-shown" not in str(caught.value)


def test_no_secret_is_shown() -> None:
    """In no repr."""
    config = LivekitConfig.from_env(ENV | {"LIVEKIT_TEMPLATE_URL": PAGE})
    assert "secret-of-the-school" not in f"{config!r}{LivekitProvider(config)!r}"
