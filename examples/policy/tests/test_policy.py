"""Which recordings a policy lets start: a recorder at an emulated vendor, over HTTP; rules from files and variables."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from recorder_core import (
    S3,
    AlibabaOss,
    AzureBlob,
    ConfigurationError,
    Recorder,
    RecordingSpec,
    S3Compatible,
    TencentCos,
    VendorManaged,
    Vetoed,
)
from recorder_core.emulation.service import EmulatedService
from recorder_core.testing import connect, emulate

from recorder_policy import EU, InstalledPolicy, Policy, Rules

KEYS: dict[str, Any] = {"access_key": "storage-key-of-the-test", "secret_key": "storage-secret-of-the-test"}
PUSH = "rtmp://elsewhere.example/live/key"
DUBLIN = S3(bucket="lessons", region="eu-west-1", **KEYS)


def spec(**changes: Any) -> RecordingSpec:
    return RecordingSpec(**{"room": "lesson-42", "storage": DUBLIN, **changes})


def broken(rules: Rules, wanted: RecordingSpec, provider: str = "zegocloud") -> str:
    """What the veto says; empty: there is none."""
    try:
        Policy(rules).recorder_before_start(wanted, provider)
    except Vetoed as error:
        refused = error
    else:
        return ""
    assert refused.hint
    assert refused.fault == "caller"
    return refused.message.removeprefix("the policy refuses this recording: ")


@pytest.fixture
def service() -> Iterator[EmulatedService]:
    with emulate("zegocloud", media=False) as running:
        yield running


def test_a_veto_says_which_rule_and_what_to_change_and_sends_nothing(service: EmulatedService) -> None:
    """All rules that are broken at once, each by its name; nothing reaches the vendor."""
    rules = Rules(regions=("EU",), max_duration=3600, providers=("agora",))
    ohio = S3(bucket="lessons", region="us-east-2", **KEYS)
    with connect(service, hooks=[Policy(rules)]) as recorder, pytest.raises(Vetoed) as caught:
        recorder.start(spec(storage=ohio, max_duration=7200))
    assert list(service.journal) == []
    assert str(caught.value) == (
        "zegocloud start: the policy refuses this recording: providers: zegocloud may not record; regions: us-east-2 "
        "is none of EU; max_duration: max_duration is 7200 s, more than 3600\n"
        "Hint: Record with another provider: agora. Store it in eu-central-1, eu-north-1, eu-south-1, eu-south-2, "
        "eu-west-1, eu-west-3, eusc-de-east-1. Set max_duration to 3600 or less, or leave it out. "
        "The rules are those of whoever runs this program (RECORDER_POLICY)."
    )
    assert "of-the-test" not in repr(caught.value)


def test_what_keeps_the_rules_is_recorded(service: EmulatedService) -> None:
    """As it was asked for, but for an end that is put where there was none."""
    with connect(service, hooks=[Policy(Rules(regions=("EU",), max_duration=3600))]) as recorder:
        assert recorder.plan(spec(max_duration=60)).spec.max_duration == 60
        assert recorder.plan(spec()).spec.max_duration == 3600
        assert recorder.start(spec()).room == "lesson-42"


@pytest.mark.parametrize("name", ["agora", "zegocloud"])
def test_the_recommended_rules_let_a_plain_recording_start(name: str) -> None:
    """Whoever installs the plugin and says nothing more can record at every vendor."""
    with emulate(name, media=False) as running, connect(running, hooks=[Policy()]) as recorder:
        assert recorder.start(spec()).room == "lesson-42"


@pytest.mark.parametrize(
    ("rules", "changes", "message"),
    [
        ({}, {}, ""),
        ({}, {"idle_timeout": 901}, "max_idle_timeout: idle_timeout is 901 s, more than 900"),
        ({}, {"callback_url": "http://school.example/callbacks"}, "https_only: callback_url isn't encrypted"),
        ({}, {"callback_url": "https://school.example/callbacks"}, ""),
        ({"https_only": False}, {"callback_url": "http://school.example/callbacks"}, ""),
        ({"max_idle_timeout": None}, {"idle_timeout": 90_000}, ""),
        ({"rooms": ("lesson-*",)}, {}, ""),
        ({"rooms": ("lesson-*",)}, {"room": "staff"}, "rooms: 'staff' is none of lesson-*"),
        ({"rooms_never": ("*-42",)}, {}, "rooms_never: 'lesson-42' is never recorded"),
        ({"rooms_never": ("STAFF",)}, {"room": "staff"}, ""),
        ({"encrypted_rooms": True}, {}, "encrypted_rooms: the room's media aren't encrypted"),
        ({"push": False}, {"push_urls": (PUSH,)}, "push: it would be streamed elsewhere as well"),
        ({"push": False}, {}, ""),
        ({"providers": ("zegocloud",)}, {}, ""),
        ({"providers": ()}, {}, "providers: zegocloud may not record"),
        ({"kms": True}, {}, "kms: the files aren't encrypted with a key of Amazon's key management service"),
        ({"kms": True}, {"storage": DUBLIN.model_copy(update={"server_side_encryption": "kms"})}, "kms: "),
    ],
)
def test_each_rule_is_kept(rules: dict[str, Any], changes: dict[str, Any], message: str) -> None:
    """What breaks a rule is refused by its name; what doesn't isn't."""
    if message == "kms: ":
        changes, message = {"storage": S3(bucket="b", region="r", server_side_encryption="kms", **KEYS)}, ""
    assert broken(Rules(**rules), spec(**changes)) == message


COMPATIBLE = S3Compatible(bucket="lessons", region="eu-1", endpoint="s3.school.example", **KEYS)
AZURE = AzureBlob(container="lessons", account_name="school", account_key="storage-secret-of-the-test")


@pytest.mark.parametrize(
    ("storage", "problem"),
    [
        (DUBLIN, ""),
        (AZURE, ""),
        (COMPATIBLE, "nothing says that s3_compatible encrypts what is stored in lessons"),
        (AlibabaOss(bucket="lessons", region="eu-central-1", **KEYS), "nothing says that alibaba_oss encrypts"),
        (VendorManaged(), "nothing says that vendor_managed encrypts what is stored in it"),
    ],
)
def test_files_are_stored_where_everything_is_encrypted(storage: Any, problem: str) -> None:
    """A store that always encrypts passes; of any other somebody has to have looked at the bucket."""
    assert broken(Rules(), spec(storage=storage)).startswith(f"encrypted: {problem}" if problem else "")
    assert bool(broken(Rules(), spec(storage=storage))) == bool(problem)
    assert broken(Rules(encrypted=False), spec(storage=storage)) == ""
    if getattr(storage, "bucket", None):
        assert broken(Rules(trusted_buckets=("lessons",)), spec(storage=storage)) == ""


@pytest.mark.parametrize(
    ("storage", "problem"),
    [
        (DUBLIN, ""),
        (S3(bucket="lessons", region="eu-west-2", **KEYS), "regions: eu-west-2 is none of EU"),
        (S3(bucket="lessons", region="eu-central-2", **KEYS), "regions: eu-central-2 is none of EU"),
        (AlibabaOss(bucket="lessons", region="eu-central-1", **KEYS), ""),
        (AlibabaOss(bucket="lessons", region="eu-west-1", **KEYS), "regions: eu-west-1 is none of EU"),
        (TencentCos(bucket="lessons-1250000000", region="eu-frankfurt", **KEYS), ""),
        (TencentCos(bucket="lessons-1250000000", region="eu-moscow", **KEYS), "regions: eu-moscow is none of EU"),
        (AZURE, "regions: a spec doesn't tell where lessons lies"),
        (COMPATIBLE, "regions: eu-1 is none of EU"),
        (VendorManaged(), "regions: a spec doesn't tell where vendor_managed lies"),
    ],
)
def test_the_union_is_more_than_a_prefix(storage: Any, problem: str) -> None:
    """London, Zurich and Moscow have regions that begin with `eu-`; a name means another place at another cloud."""
    rules = Rules(regions=("EU",), encrypted=False)
    assert broken(rules, spec(storage=storage)) == problem
    assert all(region.startswith("eu") for regions in EU.values() for region in regions)


def test_regions_are_patterns(service: EmulatedService) -> None:
    """Of one's own, beside `EU` or without it."""
    london = S3(bucket="lessons", region="eu-west-2", **KEYS)
    assert broken(Rules(regions=("EU", "eu-west-2")), spec(storage=london)) == ""
    assert broken(Rules(regions=("eu-*",)), spec(storage=london)) == ""
    assert broken(Rules(regions=("us-*",)), spec()) == "regions: eu-west-1 is none of us-*"
    assert broken(Rules(regions=()), spec()) == "regions: eu-west-1 is none of "


TOML = 'regions = ["EU"]\nrooms = ["lesson-*"]\nmax_duration = 7200\npush = false\n'
YAML = "regions: [EU]\nrooms: [lesson-*]\nmax_duration: 7200\npush: false\n"


@pytest.mark.parametrize(("name", "text"), [("policy.toml", TOML), ("policy.yaml", YAML), ("policy.yml", YAML)])
def test_rules_come_from_a_file(tmp_path: Path, name: str, text: str) -> None:
    """TOML or YAML, by its suffix; what it doesn't name is as recommended."""
    path = tmp_path / name
    path.write_text(text)
    rules = Rules.read({"RECORDER_POLICY": str(path)})
    assert rules == Rules(regions=("EU",), rooms=("lesson-*",), max_duration=7200, push=False)
    assert rules.encrypted


def test_a_variable_of_its_own_wins_over_the_file(tmp_path: Path) -> None:
    """Lists are separated by commas; what is empty isn't set."""
    path = tmp_path / "policy.toml"
    path.write_text(TOML)
    rules = Rules.read(
        {
            "RECORDER_POLICY": str(path),
            "RECORDER_POLICY_ROOMS": "lesson-*, exam-*",
            "RECORDER_POLICY_ENCRYPTED_ROOMS": "true",
            "RECORDER_POLICY_REGIONS": "",
        }
    )
    assert rules.rooms == ("lesson-*", "exam-*")
    assert (rules.encrypted_rooms, rules.regions) == (True, ("EU",))
    assert Rules.read({}) == Rules()


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("missing.toml", None, "can't be read: No such file"),
        ("broken.toml", "regions = [", "can't be read: "),
        ("broken.yaml", "regions: [", "can't be read: "),
        ("list.yaml", "- regions", "can't be read: it holds no rules"),
        ("typo.toml", 'region = ["EU"]', "the policy is wrong: region: Extra inputs are not permitted"),
        ("wrong.toml", "max_duration = 0", "the policy is wrong: max_duration: "),
    ],
)
def test_a_policy_that_cannot_be_read_lets_nothing_start(
    service: EmulatedService,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    text: str | None,
    problem: str,
) -> None:
    """A misspelt rule isn't one that nobody keeps: it is an error that says what is wrong, at the first start."""
    path = tmp_path / name
    if text is not None:
        path.write_text(text)
    monkeypatch.setenv("RECORDER_POLICY", str(path))
    with connect(service, hooks=[InstalledPolicy()]) as recorder:
        with pytest.raises(ConfigurationError) as caught:
            recorder.start(spec())
        assert problem in caught.value.message
    assert list(service.journal) == []


def test_the_installed_policy_reads_its_rules_once(
    service: EmulatedService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the first recording is asked for; who changes them restarts the program."""
    path = tmp_path / "policy.toml"
    path.write_text('rooms = ["lesson-*"]\n')
    monkeypatch.setenv("RECORDER_POLICY", str(path))
    policy = InstalledPolicy()
    with Recorder(connect(service).provider, hooks=[policy], clock=service.clock) as recorder:
        with pytest.raises(Vetoed, match="rooms: 'staff'"):
            recorder.plan(spec(room="staff"))
        path.write_text("")
        with pytest.raises(Vetoed, match="rooms: 'staff'"):
            recorder.plan(spec(room="staff"))
        assert recorder.plan(spec()).spec.room == "lesson-42"


def test_the_readme_has_every_rule_and_its_example_is_one() -> None:
    """Whoever reads it knows all rules with what is recommended; what it shows as a file loads."""
    text = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    rows = {line.split(" | ")[0]: line for line in text.splitlines() if line.startswith("| `")}
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert named == set(Rules.model_fields)
    assert f"| {Rules().max_idle_timeout} |" in rows["| `max_idle_timeout`"]
    toml, veto = re.search(r"```toml\n(.*?)```", text, re.DOTALL), re.search(r"```text\n(.*?)```", text, re.DOTALL)
    assert toml is not None
    assert Rules.model_validate(tomllib.loads(toml[1])).regions == ("EU",)
    ohio = S3(bucket="lessons", region="us-east-2", **KEYS)
    with pytest.raises(Vetoed) as caught:
        Policy(Rules(regions=("EU",))).recorder_before_start(spec(storage=ohio), "zegocloud")
    assert veto is not None
    assert veto[1].strip() == f"zegocloud start: {caught.value}"
