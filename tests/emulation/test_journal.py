"""The journal."""

from recorder_core.emulation.journal import MASK, Entry, Journal, mask, secrets_in


def test_secrets_are_masked_at_any_depth() -> None:
    """Values of secret keys are asterisks whatever they are; all else, and the original, stays as it was."""
    tree = {
        "storage": {"accessKey": "AK", "bucket": "b", "secretkey": "SK"},
        "list": [{"secretKey": {"nested": "SK"}}, 1],
        "secretKey": "",
    }
    assert mask(tree, {"secretKey", "accessKey"}) == {
        "storage": {"accessKey": MASK, "bucket": "b", "secretkey": MASK},
        "list": [{"secretKey": MASK}, 1],
        "secretKey": "",
    }
    assert tree["storage"] == {"accessKey": "AK", "bucket": "b", "secretkey": "SK"}


def test_a_quoted_secret_is_masked_too() -> None:
    """An answer that quotes what it was sent doesn't give it away; texts too short to be told apart stay."""
    request = {"secretKey": ["SK-EXAMPLE", 1, "ab"], "room": "lesson"}
    secrets = secrets_in(request, {"secretkey"})
    assert secrets == {"SK-EXAMPLE"}
    answer = {"reason": ["'SK-EXAMPLE' is wrong about lesson"]}
    assert mask(answer, (), secrets) == {"reason": [f"'{MASK}' is wrong about lesson"]}


def test_a_journal_is_a_sequence() -> None:
    """Entries can be indexed, sliced, counted, walked and forgotten."""
    journal = Journal()
    for number, operation in enumerate(("start", "status", "stop")):
        journal.append(
            Entry(
                at=number,
                operation=operation,
                method="GET",
                path="/",
                query={},
                body=None,
                status=200,
                answer=None,
            )
        )
    assert journal.operations() == ["start", "status", "stop"]
    assert journal[-1].operation == "stop"
    assert [entry.at for entry in journal[:2]] == [0, 1]
    assert len(journal) == 3
    journal.clear()
    assert not journal
