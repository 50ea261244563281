"""What a test leaves behind: files, and the contents of databases and of Redis."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import redis
from psycopg import sql
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from secret_scan.allowed import BUILT, MEDIA
from secret_scan.search import Evidence

SQLITE = b"SQLite format 3\x00"
ADDRESSES = ("postgresql", "redis")


def look_at_folder(folder: Path, evidence: Evidence, written: dict[str, int]) -> None:
    """Look through the files below a folder; what a test wrote there itself, and nobody has changed, is its input.

    Args:
        folder: of a test.
        evidence: gets what is in them.
        written: hash of the content of each file that a test wrote.
    """
    paths = list(_files(folder))
    evidence.add(f"names of files in {folder.name}", "\n".join(map(str, paths)))
    for path in paths:
        if path.name.endswith(MEDIA) or not BUILT.isdisjoint(path.parts):
            continue
        try:
            data = path.read_bytes()
        except OSError:  # a socket, or gone meanwhile
            continue
        if written.get(str(path)) == hash(data):
            continue
        where = f"file {path.relative_to(folder.parent)}"
        evidence.search(where, data)
        if data.startswith(SQLITE):
            # A long value lies in several pages, which needn't be neighbours.
            evidence.add(f"rows of {where}", "\n".join(_sqlite_rows(path)))


def look_at_server(url: str, evidence: Evidence) -> None:
    """Look through all that a database, or a Redis, holds. What was killed, lets nobody in or is none is left alone."""
    try:
        if url.startswith("redis"):
            evidence.add("contents of Redis", "\n".join(_redis_values(url)))
        else:
            evidence.add("rows of PostgreSQL", "\n".join(_postgres_rows(url)))
    except (redis.RedisError, psycopg.Error, ArgumentError, ValueError):
        return


def _files(folder: Path) -> Iterator[Path]:
    for root, _, names in os.walk(folder):
        yield from (Path(root, name) for name in names)


def _sqlite_rows(path: Path) -> Iterator[str]:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as database:
        try:
            tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            for table in tables:
                yield from (repr(row) for row in database.execute(f'SELECT * FROM "{table}"'))
        except sqlite3.DatabaseError:  # half written, or made to look like one: its bytes were searched
            return


def _postgres_rows(url: str) -> Iterator[str]:
    address = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    tables = "SELECT table_schema, table_name FROM information_schema.tables WHERE table_schema = 'public'"
    with psycopg.connect(address, autocommit=True, connect_timeout=2) as database:
        for schema, table in database.execute(tables).fetchall():
            rows = database.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(schema, table)))
            yield from (str(row) for (row,) in rows)


def _redis_values(url: str) -> Iterator[str]:
    with redis.Redis.from_url(url, socket_timeout=2.0) as client:
        for key in client.scan_iter():
            yield repr(key)
            yield repr(client.dump(key))
            yield json.dumps(_value_of(client, key), default=repr)


def _value_of(client: redis.Redis, key: bytes) -> object:
    kind = client.type(key)
    if kind == b"string":
        return client.get(key)
    if kind == b"hash":
        return [*client.hgetall(key).items()]
    if kind == b"zset":
        return client.zrange(key, 0, -1)
    if kind == b"list":
        return client.lrange(key, 0, -1)
    return [*client.smembers(key)] if kind == b"set" else kind
