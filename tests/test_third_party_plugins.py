"""Plugins that can't be used, or may not be: named with distribution, version and cause, and no harm to others."""

from __future__ import annotations

from importlib.metadata import version
from pathlib import Path

from distributions.shelf import NAMES, RECORD, Run

LOAD = "from recorder_core.plugins import load_provider\nfailure(load_provider, {!r})"
LOAD_ALL = """
from recorder_core.plugins import load_emulator, load_provider
from recorder_core import ProviderNotFound

def said(load, name):
    try:
        return load(name).name
    except ProviderNotFound as error:
        return str(error)

"""


def test_a_plugin_that_cannot_be_imported_is_named(run: Run) -> None:
    """Its entry point, distribution, version and cause; the cause is chained."""
    shown = run(LOAD.format("torn"), "paper", "torn")
    assert shown == {
        "kind": "ProviderNotFound",
        "cause": "ModuleNotFoundError",
        "text": (
            "torn: the provider 'torn' (recorder_torn.provider:TornProvider of recorder-torn 0.3.0) can't be imported: "
            "ModuleNotFoundError: No module named 'paper_shredder_sdk'\n"
            "Hint: Mend or reinstall that distribution; other providers are not touched by this."
        ),
    }


def test_a_plugin_that_ends_programs_ends_none(run: Run) -> None:
    """What it raises at its import, SystemExit too, is an error with its distribution, version and cause."""
    text = (
        "quitter: the {} 'quitter' (recorder_misfits.quitter:Quitter{} of recorder-misfits 0.2.0) can't be imported: "
        "SystemExit: recorder-misfits needs a licence\n"
        "Hint: Mend or reinstall that distribution; other providers are not touched by this."
    )
    shown = run(LOAD_ALL + "show(told=[said(load, 'quitter') for load in (load_provider, load_emulator)])", "misfits")
    assert shown["told"] == [text.format("provider", "Provider"), text.format("emulator", "Emulator")]


def test_two_plugins_with_one_name_are_both_named(run: Run) -> None:
    """Neither is imported, and nobody guesses which was meant."""
    shown = run(LOAD.format("paper"), "paper", "copycat")
    assert shown["kind"] == "ProviderNotFound"
    assert shown["text"] == (
        "paper: the provider name 'paper' is claimed by recorder-copycat 2.0.0 and recorder-paper 1.4.0\n"
        "Hint: Uninstall all but one of them, or name in RECORDER_PLUGINS what may be loaded, and of recorder-copycat, "
        "recorder-paper only one."
    )


OWN = version("recorder-core")
MENDED = "Install a version of it in which that is mended, or tell its author."


UNFIT = (
    (
        "vintage",
        "vintage 0.9.0",
        "recorder_vintage:VintageProvider",
        f"was written for plugin API 0, and recorder-core {OWN} speaks 1",
        "Upgrade that provider; until there is such a version of it, keep an older recorder-core.",
    ),
    (
        "novel",
        "misfits 0.2.0",
        "recorder_misfits:NovelProvider",
        f"was written for plugin API 2, and recorder-core {OWN} speaks 1",
        "Upgrade recorder-core, or install an older version of that provider.",
    ),
    (
        "timeless",
        "misfits 0.2.0",
        "recorder_misfits:TimelessProvider",
        "has no integer plugin_api: it is '1'",
        MENDED,
    ),
    (
        "selfish",
        "misfits 0.2.0",
        "recorder_misfits:SelfishProvider",
        "has Config fields that Recorder takes for itself: ledger",
        MENDED,
    ),
    (
        "absent",
        "misfits 0.2.0",
        "recorder_misfits:AbsentProvider",
        "can't be imported: AttributeError: module 'recorder_misfits' has no attribute 'AbsentProvider'",
        "Mend or reinstall that distribution; other providers are not touched by this.",
    ),
    (
        "oddity",
        "oddity 0.0.1",
        "recorder_oddity:record",
        "is no subclass of recorder_core.Provider",
        "Its entry point must name the provider's class; tell its author.",
    ),
)
"""Name, distribution, target, what is said of it, and what to do."""


def test_a_plugin_that_does_not_fit_is_named(run: Run) -> None:
    """An older contract, a newer one and a wrong type are told apart, with what to do about each.

    An emulator of a wrong type is refused when it is loaded as well, not where it is used.
    """
    names = [name for name, *_ in UNFIT]
    shown = run(
        LOAD_ALL + f"show(told=[said(load_provider, name) for name in {names}], no=said(load_emulator, 'selfish'))",
        *("vintage", "misfits", "oddity"),
    )
    assert shown["told"] == [
        f"{name}: the provider '{name}' ({target} of recorder-{distribution}) {problem}\nHint: {hint}"
        for name, distribution, target, problem, hint in UNFIT
    ]
    assert shown["no"] == (
        "selfish: the emulator 'selfish' (recorder_misfits:SelfishProvider of recorder-misfits 0.2.0) is no subclass "
        f"of recorder_core.emulation.service.EmulatedService\nHint: {MENDED}"
    )


def test_a_broken_plugin_harms_nobody(run: Run) -> None:
    """With all the broken ones beside it, the third provider records, and ours load."""
    ours = (
        "from recorder_core.plugins import load_provider\n"
        "assert load_provider('agora').name == 'agora' and load_provider('zegocloud').name == 'zegocloud'\n"
    )
    assert run(ours + RECORD, "torn", "paper", "vintage", "oddity", "misfits")["state"] == "completed"


def test_a_broken_plugin_harms_no_command(run: Run) -> None:
    """Commands that go over all that is installed leave out, with a warning, what can't be used."""
    shown = run(
        "from recorder_core.cli.emulating import chosen_emulators\nshow(chosen=chosen_emulators(None), logged=logged)",
        "misfits",
    )
    assert shown["chosen"] == ["agora", "zegocloud"]
    assert [line.partition(" (")[0] for line in shown["logged"]] == [
        "quitter: the emulator 'quitter'",
        "selfish: the emulator 'selfish'",
    ]
    shown = run(
        "from recorder_core import WebhookRejected\nfrom recorder_core.testing import connect, emulate\n"
        "with emulate('agora', media=False) as service, connect(service) as recorder:\n"
        "    failure(recorder.events.receive, WebhookRequest('POST', '/', {}, b'{}'))",
        "torn",
        "misfits",
    )
    assert shown["kind"] == "WebhookRejected"


def test_a_broken_plugin_ends_no_worker(run: Run) -> None:
    """`recorder follow --all` follows the recordings of those that can be used, beside one that can't."""
    shown = run(
        "import sys\nfrom recorder_core.cli import main\n"
        "sys.argv = ['recorder', 'follow', '--all', '--once', '--ledger', 'sqlite:///kept.db']\n"
        "try:\n    main()\nexcept SystemExit as end:\n    show(code=end.code)",
        *("paper", "torn", "misfits"),
    )
    assert shown == {"code": 0}


def test_a_plugin_that_prints_spoils_no_json(run: Run, tmp_path: Path) -> None:
    """A command's stdout has its result alone; what a plugin prints, at its import or later, goes to stderr."""
    storage = "{kind: s3, bucket: b, region: eu-west-1, access_key: AK, secret_key: SK}"
    (tmp_path / "spec.yaml").write_text(f"room: lesson-42\nstorage: {storage}\n")
    shown = run("recorder('plan', 'spec.yaml', '--provider', 'agora', '--json')", "chatter")
    assert (shown["code"], shown["printed"]["provider"]) == (0, "agora")
    printed = run("recorder('providers', '--json')", "chatter")["printed"]
    assert [(row["kind"], row["name"], row["state"]) for row in printed] == [
        ("provider", "agora", "ok"),
        ("provider", "zegocloud", "ok"),
        ("hook", "chatter", "ok"),
    ]


def test_all_that_is_installed_is_listed_with_its_state(run: Run) -> None:
    """`recorder providers` has every provider and hook plugin, those too that can't be used or may not be loaded."""
    allowed = "recorder_core, Recorder-Paper , recorder-misfits:novel,recorder-mishook,recorder-torn"
    shown = run("recorder('providers', '--json')", *NAMES, RECORDER_PLUGINS=allowed)
    assert shown["code"] == 0
    states = [
        (row["kind"], row["name"], row["distribution"], row["version"], row["plugin_api"], row["state"])
        for row in shown["printed"]
    ]
    assert states == [
        ("provider", "absent", "recorder-misfits", "0.2.0", None, "not allowed"),
        ("provider", "agora", "recorder-core", OWN, 1, "ok"),
        ("provider", "novel", "recorder-misfits", "0.2.0", None, "can't be used"),
        ("provider", "oddity", "recorder-oddity", "0.0.1", None, "not allowed"),
        ("provider", "paper", "recorder-copycat", "2.0.0", None, "not allowed"),
        ("provider", "paper", "recorder-paper", "1.4.0", 1, "ok"),
        ("provider", "quitter", "recorder-misfits", "0.2.0", None, "not allowed"),
        ("provider", "selfish", "recorder-misfits", "0.2.0", None, "not allowed"),
        ("provider", "timeless", "recorder-misfits", "0.2.0", None, "not allowed"),
        ("provider", "torn", "recorder-torn", "0.3.0", None, "can't be used"),
        ("provider", "vintage", "recorder-vintage", "0.9.0", None, "not allowed"),
        ("provider", "zegocloud", "recorder-core", OWN, 1, "ok"),
        ("hook", "chatter", "recorder-chatter", "0.4.0", None, "not allowed"),
        ("hook", "curfew", "recorder-curfew", "1.0.0", None, "not allowed"),
        ("hook", "mishook", "recorder-mishook", "1.1.0", None, "can't be used"),
    ]
    rows = {row["name"]: row for row in shown["printed"]}
    assert all(bool(row.get("problem") and row["hint"]) == (row["state"] != "ok") for row in shown["printed"])
    assert rows["oddity"]["problem"] == (
        "the provider 'oddity' (recorder_oddity:record of recorder-oddity 0.0.1) is installed, and RECORDER_PLUGINS "
        "doesn't let it be loaded"
    )
    assert rows["oddity"]["hint"] == "Add recorder-oddity:oddity to RECORDER_PLUGINS, if it may run."
    assert rows["curfew"]["hint"] == "Add recorder-curfew:curfew to RECORDER_PLUGINS, if it may run."
    assert rows["agora"]["variables"] == ["AGORA_APP_ID", "AGORA_CUSTOMER_ID", "AGORA_CUSTOMER_SECRET"]


def test_two_plugins_with_one_name_are_listed_as_such(run: Run) -> None:
    """Both are there with the reason for which neither can be used."""
    shown = run("recorder('providers', '--json')", "paper", "copycat")
    papers = [row for row in shown["printed"] if row["name"] == "paper"]
    assert [row["distribution"] for row in papers] == ["recorder-copycat", "recorder-paper"]
    assert {row["state"] for row in papers} == {"can't be used"}
    assert {row["problem"] for row in papers} == {
        "the provider name 'paper' is claimed by recorder-copycat 2.0.0 and recorder-paper 1.4.0"
    }


def test_the_operator_decides_which_plugins_may_be_loaded(run: Run) -> None:
    """RECORDER_PLUGINS goes by distributions; what it leaves out isn't imported, whatever it is."""
    shown = run(
        LOAD_ALL + "from recorder_core.plugins import installed, load_hooks\n"
        "def under(limit, look):\n    os.environ['RECORDER_PLUGINS'] = limit\n    return look()\n"
        "limits = ('recorder-core:agora', 'recorder-paper', 'agora', '')\n"
        "show(provider=under('recorder-core', lambda: said(load_provider, 'paper')),\n"
        "     emulator=under('recorder-core:zegocloud', lambda: said(load_emulator, 'agora')),\n"
        "     names=[under(limit, lambda: [found.name for found in installed()]) for limit in limits],\n"
        "     hooks=[under(limit, load_hooks) for limit in limits],\n"
        "     imported=[name for name in sys.modules if name.startswith(('recorder_paper', 'recorder_curfew'))])",
        *("paper", "curfew"),
    )
    assert shown["provider"] == (
        "paper: the provider 'paper' (recorder_paper.provider:PaperProvider of recorder-paper 1.4.0) is installed, and "
        "RECORDER_PLUGINS doesn't let it be loaded\n"
        "Hint: Add recorder-paper:paper to RECORDER_PLUGINS, if it may run."
    )
    assert "the emulator 'agora' (recorder_agora.emulator.service:AgoraEmulator of recorder-core" in shown["emulator"]
    assert shown["names"] == [["agora"], ["paper"], [], []]  # an entry point's name is anybody's: no distribution
    assert (shown["hooks"], shown["imported"]) == ([[]] * 4, [])


def test_a_clash_is_ended_by_naming_one_of_them(run: Run) -> None:
    """The one that may be loaded is, and the other isn't imported."""
    shown = run(RECORD, "paper", "copycat", RECORDER_PLUGINS="recorder-paper")
    assert shown["state"] == "completed"


def test_a_hook_plugin_that_may_not_be_loaded_is_told_once(run: Run) -> None:
    """A policy that is switched off by the operator is no secret; nor is a name that is misspelt there."""
    shown = run(
        "from recorder_core import Recorder\n"
        "for _ in range(3):\n    Recorder.from_env('paper').close()\nshow(logged=logged)",
        *("paper", "curfew"),
        RECORDER_PLUGINS="recorder-paper, recorder-curfw",
    )
    assert shown["logged"] == [
        "RECORDER_PLUGINS names recorder-curfw, and no such plugin is installed; did you mean recorder-curfew?",
        "the hook plugin 'curfew' (recorder_curfew of recorder-curfew 1.0.0) is installed and not used: "
        "RECORDER_PLUGINS doesn't name it",
    ]


def test_a_hook_plugin_that_is_misspelt_is_no_silent_one(run: Run) -> None:
    """It might be a policy: no recorder is made, and the error has its distribution, version and the nearest name."""
    shown = run("from recorder_core import Recorder\nfailure(Recorder.from_env, 'paper')", "paper", "mishook")
    assert shown["kind"] == "ConfigurationError"
    assert shown["text"].partition("\n")[0] == (
        "an installed hook plugin can't be used: the hook plugin 'mishook' (recorder_mishook of recorder-mishook 1.1.0)"
        ": the hook plugin recorder_mishook can't be registered: there is no hook recorder_before_started; did you "
        "mean recorder_before_start?"
    )
    assert shown["text"].endswith(
        "Mend or uninstall it, leave it out of RECORDER_PLUGINS, or choose the hooks yourself by `hooks=[...]`."
    )
    assert run(RECORD, "paper", "mishook", RECORDER_PLUGINS="recorder-paper")["state"] == "completed"
    assert run(RECORD.replace('"paper")', '"paper", hooks=[])'), "paper", "mishook")["state"] == "completed"


def test_what_is_installed_is_listed_without_being_imported(run: Run) -> None:
    """Name, target, distribution and version of every plugin, the broken and the clashing ones too."""
    shown = run(
        "import sys\nfrom recorder_core.plugins import HOOKS, installed\n"
        "show(providers=[[f.name, f.target, f.distribution, f.version] for f in installed()],\n"
        "     hooks=[f.name for f in installed(HOOKS)],\n"
        "     loaded=[name for name in sys.modules if name.startswith('recorder_')])",
        *NAMES,
    )
    core = ["recorder-core", version("recorder-core")]
    assert shown["providers"] == [
        ["absent", "recorder_misfits:AbsentProvider", "recorder-misfits", "0.2.0"],
        ["agora", "recorder_agora.provider:AgoraProvider", *core],
        ["novel", "recorder_misfits:NovelProvider", "recorder-misfits", "0.2.0"],
        ["oddity", "recorder_oddity:record", "recorder-oddity", "0.0.1"],
        ["paper", "recorder_copycat:CopycatProvider", "recorder-copycat", "2.0.0"],
        ["paper", "recorder_paper.provider:PaperProvider", "recorder-paper", "1.4.0"],
        ["quitter", "recorder_misfits.quitter:QuitterProvider", "recorder-misfits", "0.2.0"],
        ["selfish", "recorder_misfits:SelfishProvider", "recorder-misfits", "0.2.0"],
        ["timeless", "recorder_misfits:TimelessProvider", "recorder-misfits", "0.2.0"],
        ["torn", "recorder_torn.provider:TornProvider", "recorder-torn", "0.3.0"],
        ["vintage", "recorder_vintage:VintageProvider", "recorder-vintage", "0.9.0"],
        ["zegocloud", "recorder_zegocloud.provider:ZegocloudProvider", *core],
    ]
    assert shown["hooks"] == ["chatter", "curfew", "mishook"]
    assert {name.split(".")[0] for name in shown["loaded"]} == {"recorder_core"}


def test_a_name_that_is_not_installed_gets_the_nearest(run: Run) -> None:
    """The error lists what there is."""
    shown = run(LOAD.format("papr"), "paper")
    assert shown["text"] == (
        "papr: no provider named 'papr' is installed; there is agora, paper, zegocloud\nHint: Did you mean 'paper'?"
    )
