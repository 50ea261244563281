"""`recorder plan`."""

import json
from typing import Any

import pytest


@pytest.mark.parametrize("provider", ["agora", "zegocloud"])
def test_a_plan_has_the_fixed_shape_and_needs_no_credentials(run: Any, spec: Any, provider: str) -> None:
    """`plan --json` prints provider, fidelity, findings and requests, and nothing else."""
    done = run("plan", spec(), "--provider", provider, "--json")
    assert done.returncode == 0
    assert "no complete credentials" in json.loads(done.stderr)["warning"]
    plan = json.loads(done.stdout)
    assert list(plan) == ["provider", "fidelity", "findings", "requests"]
    assert (plan["provider"], plan["fidelity"], plan["findings"]) == (provider, "exact", [])
    assert plan["requests"]
    for request in plan["requests"]:
        assert list(request) == ["method", "url", "body"]


@pytest.mark.parametrize("provider", ["agora", "zegocloud"])
def test_what_is_unsupported_is_found_and_exits_with_1(run: Any, spec: Any, provider: str) -> None:
    """What the vendor can't do is a finding with path, verdict, detail and instead; the exit code is 1."""
    done = run("plan", spec(output={"formats": ["webm"]}), "--provider", provider, "--json")
    plan = json.loads(done.stdout)
    assert (done.returncode, plan["fidelity"]) == (1, "unsupported")
    (finding,) = plan["findings"]
    assert list(finding) == ["path", "verdict", "detail", "instead"]
    assert (finding["path"], finding["verdict"]) == ("output.formats", "unsupported")


def test_an_approximation_exits_with_0_and_is_shown(run: Any, spec: Any) -> None:
    """What is recorded not quite as asked is printed in the table, and is no failure."""
    done = run("plan", spec(output={"formats": ["mp4"]}), "--provider", "agora")
    assert done.returncode == 0
    assert "approximated" in done.stdout
    assert "output.formats" in done.stdout


@pytest.mark.parametrize("form", ["json", "yaml", "toml"])
def test_a_spec_is_read_from_stdin(run: Any, form: str) -> None:
    """`-` is stdin: JSON and YAML are told apart, TOML is named by --format."""
    storage = {"kind": "s3", "bucket": "b", "region": "eu-west-1", "access_key": "k1", "secret_key": "s1"}
    texts = {
        "json": json.dumps({"room": "r", "storage": storage}),
        "yaml": "room: r\nstorage:\n" + "".join(f"  {key}: {value}\n" for key, value in storage.items()),
        "toml": 'room = "r"\n[storage]\n' + "".join(f'{key} = "{value}"\n' for key, value in storage.items()),
    }
    arguments = ("--format", "toml") if form == "toml" else ()
    done = run("plan", "-", "-p", "zegocloud", "--json", *arguments, stdin=texts[form])
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["fidelity"] == "exact"


def test_a_bad_spec_prints_the_path_and_the_rule(run: Any, spec: Any) -> None:
    """Every problem of a spec is printed with its path and its rule; the exit code is 2."""
    regions = [{"x": 0, "y": 0, "width": 1, "height": 1}, {"x": 1.2, "y": 0, "width": 0.5, "height": 1}]
    path = spec(layout={"kind": "custom", "regions": regions}, colour="red")
    done = run("plan", path, "--provider", "agora")
    assert (done.returncode, done.stdout) == (2, "")
    assert "layout.regions.1.x: 1.2" in done.stderr
    assert "colour: " in done.stderr

    as_json = run("plan", path, "--provider", "agora", "--json")
    assert (as_json.returncode, as_json.stdout) == (2, "")
    error = json.loads(as_json.stderr)
    assert error["error"] == "InvalidSpec"
    assert {problem.partition(":")[0] for problem in error["problems"]} == {"layout.regions.1.x", "colour"}


def test_a_spec_that_cannot_be_read_is_wrong_input(run: Any) -> None:
    """A file that isn't there is named, with exit code 2."""
    done = run("plan", "nowhere.yaml", "--provider", "agora")
    assert done.returncode == 2
    assert "nowhere.yaml" in done.stderr
    assert "No such file" in done.stderr


def test_an_unknown_provider_is_answered_with_the_nearest(run: Any, spec: Any) -> None:
    """A misspelt provider is exit code 2 with the name that was probably meant."""
    done = run("plan", spec(), "--provider", "agoro")
    assert done.returncode == 2
    assert "'agora'" in done.stderr


def test_a_plan_with_credentials_has_no_warning(run: Any, spec: Any, services: Any) -> None:
    """That ids are examples is said only where they are."""
    done = run("plan", spec(), "--provider", "agora", env=services["agora"].env)
    assert (done.returncode, done.stderr) == (0, "")


def test_requests_that_need_a_drop_are_headed_so(run: Any, spec: Any) -> None:
    """Where something is unsupported the requests are those of `warn`; where that refuses too, it is said why."""
    dropped = run("plan", spec(start_paused=True), "--provider", "zegocloud").stdout
    assert dropped.index("What would be sent with --on-unsupported warn:") < dropped.index("\nPOST ")
    refused = run("plan", spec(output={"formats": ["webm"]}), "--provider", "zegocloud").stdout
    assert "Nothing would be sent, not even with --on-unsupported warn, which never drops output.formats\n" in refused
    assert "POST" not in refused
    exact = run("plan", spec(), "--provider", "zegocloud").stdout
    assert "would be sent" not in exact


def test_tables_in_pipes_have_unlimited_width(run: Any, spec: Any) -> None:
    """No sentence of a table is broken where stdout is no terminal, whatever COLUMNS says."""
    plan = ("plan", spec(output={"formats": ["webm"]}), "--provider", "agora")
    (finding,) = json.loads(run(*plan, "--json").stdout)["findings"]
    (row,) = [line for line in run(*plan, env={"COLUMNS": "40"}).stdout.splitlines() if finding["path"] in line][:1]
    assert finding["detail"] in row
    assert finding["instead"] in row
