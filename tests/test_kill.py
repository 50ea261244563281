"""Nothing is lost: processes that start and stop recordings are killed anywhere, and `recover` explains what is left.

The judge is what the emulators themselves list: whatever runs there is in the ledger, as running, as uncontrollable, or
as unclear with its candidates or the rule by which it ends; and what the ledger has as running does run.
"""

from __future__ import annotations

import itertools
import os
import random
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from killing.lives import KILLED, Doom, Nursery, Point, world
from killing.points import points_of
from killing.table import BEYOND_S, COLUMNS, WITHIN_S, Column, kept_column, kill_everywhere
from recorder_core import Verdict

VENDORS = ("agora", "zegocloud")
DATABASES = ("sqlite", "postgresql")
RANDOM_KILLS = int(os.environ.get("KILL_MOMENTS", "200"))
"""In all, a quarter for each database and each reading of a 201; KILL_MOMENTS asks for more, 200 at a time."""
AT_ONCE = 25
"""Kills before a recovery, as many as it looks into within its deadline."""
SEED = int(os.environ.get("KILL_SEED", "0")) or random.randrange(1, 2**31)
"""Of the random moments; KILL_SEED gives that of an earlier run again."""
LATER_S = 500.0
"""Seconds after which the lease of a recovery that was killed has run out."""
LOST, ANSWERED = "start sent, and lost on its way", "start carried out, its answer not read"
"""Points after which the vendor alone knows what became of a start."""


@pytest.fixture(scope="module")
def nursery() -> Iterator[Nursery]:
    found = Nursery()
    yield found
    found.close()


@pytest.fixture
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of an empty ledger in a database, which a test names."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'recordings.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.mark.parametrize(
    ("ledger", "vendor", "column"),
    [
        pytest.param(database, vendor, column, id=f"{database}, {vendor}, {column.title}")
        for database in DATABASES
        for vendor, columns in COLUMNS.items()
        for column in columns
        # What becomes of it doesn't depend on the database, so one has all columns, the other what differs in kind.
        if database == "sqlite" or vendor == "zegocloud" or (column.knows_spec and column.within)
    ],
    indirect=["ledger"],
)
def test_each_point_between_two_writes(
    nursery: Nursery, ledger: str, vendor: str, column: Column, record_property: Callable[[str, object], None]
) -> None:
    """Killed at each of them, nothing is unreported, and what becomes of it is what the docs say, at every database."""
    with world(ledger, nursery, agora={"sid_in_201": column.sid_in_201}) as found:
        fates, counts = kill_everywhere(found, vendor, column)
    database = ledger.partition(":")[0].partition("+")[0]
    points = [name for name, fate in fates.items() if fate == Verdict.UNCONTROLLABLE]
    where = f"; uncontrollable: {'; '.join(points)}" if points else ""
    record_property("measured", f"kill: {database}, {vendor}, {column.title}: {shown(counts)}{where}")
    assert fates == kept_column(vendor, column), "python tests/docs/kill_tables.py renews the docs"


@pytest.mark.parametrize("ledger", DATABASES, indirect=True)
@pytest.mark.parametrize("sid_in_201", [True, False])
def test_random_moments(
    nursery: Nursery, ledger: str, sid_in_201: bool, record_property: Callable[[str, object], None]
) -> None:
    """Killed at any moment of two starts and two stops; within five minutes and later, with some of the specs."""
    record_property("measured", f"kill: KILL_SEED={SEED}")
    moments = random.Random(f"{SEED} {ledger.partition(':')[0]} {sid_in_201}")
    # Many go on running: the account may have as many as that.
    with world(ledger, nursery, agora={"sid_in_201": sid_in_201, "concurrent": RANDOM_KILLS}) as found:
        lives = 0
        for later in (WITHIN_S, BEYOND_S) * (RANDOM_KILLS // (8 * AT_ONCE)):
            counts, killed = Counter[str](), 0
            while killed < AT_ONCE:
                if killed % 10 == 0:  # how long a life is changes with whatever else the machine does
                    assert found.live(found.new_room(), *VENDORS) == 0
                    length = nursery.lasted
                vendors, after = moments.sample(VENDORS, k=2), moments.uniform(0, length)
                killed += found.live(found.new_room(), *vendors, after=after) == KILLED
                lives += 1
            found.clock.advance(later)
            for vendor in VENDORS:
                report = found.recover(vendor, knows_spec=moments.random() < 0.5)
                assert (report.problems, report.unknown) == ((), ())
                counts += found.judge(vendor, report)
    database = ledger.partition(":")[0].partition("+")[0]
    how = f"{RANDOM_KILLS // 4} random moments of {lives} lives, 201 {'tells the sid' if sid_in_201 else 'does not'}"
    record_property("measured", f"kill: {database}, {how}: {shown(counts)}")


@pytest.mark.parametrize(
    ("vendor", "lost", "later"),
    [
        ("agora", ANSWERED, WITHIN_S),  # the same start again
        ("agora", ANSWERED, BEYOND_S),  # another one, which is refused
        ("agora", LOST, BEYOND_S),  # another one, which is carried out, and stopped at once
        ("zegocloud", ANSWERED, WITHIN_S),
    ],
)
def test_a_recovery_that_is_killed_anywhere(
    nursery: Nursery, tmp_path: Path, vendor: str, lost: str, later: float
) -> None:
    """After each of its writes, and of its requests: the next recovery finds out what there is, all the same.

    What dies before a write or a request is what died after the one before.
    """
    (point,) = (point for point in points_of(vendor) if point.name == lost)
    deaths = 0
    with world(f"sqlite:///{tmp_path / 'none.db'}", nursery) as vendors:
        for way in (_after_write, _after_request):
            for nth in itertools.count(1):
                with vendors.with_ledger(f"sqlite:///{tmp_path / f'{way.__name__}{nth}.db'}") as found:
                    room = found.die(vendor, point)
                    found.clock.advance(later)
                    if not found.dies(vendor, way(nth), room, act="recover", knows_spec=True):
                        break
                    deaths += 1
                    found.clock.advance(LATER_S)
                    report = found.recover(vendor, knows_spec=True)
                    assert report.problems == (), way(nth).name
                    found.judge(vendor, report, room)
    assert deaths > 3


def _after_write(nth: int) -> Point:
    return Point(f"after write {nth}", call={"method": "*", "when": "after", "nth": nth})


def _after_request(nth: int) -> Point:
    return Point(f"after request {nth}", doom=Doom(None, "answered", nth))


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_was_found_running_can_be_stopped_at_once(nursery: Nursery, tmp_path: Path, vendor: str) -> None:
    """`recover(stop=True)`: of all that was cut short nothing runs any more but what nobody can stop, and says so."""
    with world(f"sqlite:///{tmp_path / 'recordings.db'}", nursery, agora={"sid_in_201": True}) as found:
        for point in points_of(vendor):
            found.die(vendor, point)
        found.clock.advance(WITHIN_S)
        report = found.recover(vendor, knows_spec=True, stop=True)
        assert report.problems == ()
        kept = {entry.room for entry in found.entries(vendor).values() if entry.recording and entry.open}
        assert {one.room for one in found.vendors[vendor].running} == kept
        names = [point.name for point in points_of(vendor)]
        assert len(kept) == len(
            names[names.index("handle written") : names.index("wish to stop written, stop not sent")]
        )


def shown(counts: Counter[str]) -> str:
    """How many there are of each fate."""
    return ", ".join(f"{counts[verdict]} {verdict.replace('_', ' ')}" for verdict in Verdict)
