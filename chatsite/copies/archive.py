"""A backup: one archive with the database, the attached files, and a manifest of what and how much that is.

The manifest comes last, when all is known; whoever reads an archive reads it twice, first to see whether it is whole.
"""

import datetime
import gzip
import hashlib
import json
import os
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from io import BytesIO
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files import File
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils.crypto import salted_hmac

from chatsite import preparation

from . import CopyError, check_nobody_serves, embedded, server
from .tables import all_tables

FORMAT = 1
MANIFEST, DATABASE, FILES = "manifest.json", "database", "files/"
# A manifest names each file: 10,000 of them take a megabyte.
MANIFEST_MOST_BYTES = 256 * 1024 * 1024
# Texts shrink much at once, and files that people attach hardly at all.
COMPRESSION = 1
FILE_NAME = re.compile(r"[0-9a-f]{2}/[0-9a-f]{32}")
FILE_NAMES = " UNION ".join(
    f"SELECT {column} FROM {table} WHERE {column} <> ''"
    for table, column in (
        ("conversations_storedfile", "content"),
        ("conversations_storedfile", "image"),
        ("conversations_storedfile", "thumbnail"),
        ("conversations_drawnpage", "image"),
    )
)
# What an installation has that is used is never overwritten unasked.
PEOPLES = ("accounts_user", "conversations_conversation", "accounts_auditentry")
ASIDE = "before_restore"

Say = Callable[[str], object]


@dataclass
class Manifest:
    """What is in an archive: per table the rows, and their digest where the database's own file is not kept."""

    database: str
    made_at: str
    migrations: list[list[str]]
    secret: str
    tables: dict[str, dict[str, Any]] = field(default_factory=dict)
    members: dict[str, str] = field(default_factory=dict)
    missing: int = 0
    format: int = FORMAT

    @property
    def rows(self) -> int:
        """How many rows there are in all."""
        return sum(table["rows"] for table in self.tables.values())

    @property
    def files(self) -> int:
        """How many pieces of attached files."""
        return len(self.members) - 1


class Hashed:
    """A file that is read and hashed at once."""

    def __init__(self, file: IO[bytes]):
        self._file = file
        self._hash = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes."""
        piece = self._file.read(size)
        self._hash.update(piece)
        return piece

    @property
    def sha256(self) -> str:
        """The digest of what was read so far."""
        return self._hash.hexdigest()


def secret_fingerprint() -> str:
    """Return what tells one SECRET_KEY from another, and nothing of it."""
    return salted_hmac("chatsite.backup", "which", algorithm="sha256").hexdigest()[:16]


def back_up(target: Path, *, say: Say) -> Manifest:
    """Return the manifest of a new archive of everything, as it is at one moment; raises CopyError."""
    if target.exists():
        raise CopyError(f"{target} exists already.")
    part = target.with_name(f"{target.name}.part")
    manifest = Manifest(
        database=connection.vendor,
        made_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        migrations=_applied(),
        secret=secret_fingerprint(),
    )
    try:
        with (
            tempfile.TemporaryDirectory(dir=target.parent, prefix=".chatsite-backup-") as folder,
            _written(part) as into,
        ):
            copy = Path(folder) / DATABASE
            say("Copying the database ...")
            names = _copy_database(copy, manifest)
            with copy.open("rb") as database:
                _add(into, manifest, DATABASE, database, copy.stat().st_size)
            say("Copying the files ...")
            for name in names:
                _add_file(into, manifest, name)
            told = json.dumps(vars(manifest)).encode()
            into.addfile(_member(MANIFEST, len(told)), BytesIO(told))
        part.rename(target)
    except OSError as error:
        raise CopyError(f"The archive cannot be written: {error}.") from error
    return manifest


def read(source: Path) -> Manifest:
    """Return the manifest of an archive that is whole; raises CopyError."""
    found: dict[str, str] = {}
    told: dict[str, Any] = {}
    with _told_if_broken(source):
        for name, content in _members(source):
            if name == MANIFEST:
                told = json.loads(content.read(MANIFEST_MOST_BYTES))
                continue
            ours = name == DATABASE or (name.startswith(FILES) and FILE_NAME.fullmatch(name.removeprefix(FILES)))
            # Of two with one name the first would be put back, and the second be compared.
            if not ours or name in found:
                raise CopyError(f"{source} holds something that is none of ours.")
            hashed = Hashed(content)
            while hashed.read(1 << 20):
                pass
            found[name] = hashed.sha256
    if (
        not isinstance(told, dict)
        or told.get("format") != FORMAT
        or set(told) != {each.name for each in fields(Manifest)}
    ):
        raise CopyError(f"{source} is not whole, or no backup of this kind of Chatsite.")
    manifest = Manifest(**told)
    if found != manifest.members:
        raise CopyError(f"{source} is damaged: what is in it is not what was put there.")
    return manifest


def restore(source: Path, *, overwrite: bool, say: Say) -> Manifest:
    """Return the manifest of an archive, after the installation holds what it holds, compared; raises CopyError."""
    say("Reading the archive ...")
    manifest = read(source)
    _fits(manifest)
    check_nobody_serves()
    _nothing_is_aside()
    if not overwrite and (used := _in_use()):
        raise CopyError(f"This installation is in use: there are rows in {used}. --overwrite replaces all of them.")
    say("Putting the files in their places ...")
    # Before the rows that name them.
    with tempfile.TemporaryDirectory(dir=settings.DATA_DIR, prefix=".chatsite-restore-") as folder:
        copy = Path(folder) / DATABASE
        for name, content in _members(source):
            if name == DATABASE:
                with copy.open("wb") as file:
                    shutil.copyfileobj(content, file)
            elif name.startswith(FILES):
                _put(name.removeprefix(FILES), content)
        say("Replacing the database ...")
        _replace_database(copy, manifest)
    preparation.migrate(say=say)
    return manifest


def _copy_database(copy: Path, manifest: Manifest) -> list[str]:
    """Copy all rows as they are at one moment, count them, and return the names of the files that they need."""
    tables = all_tables()
    if manifest.database == "sqlite":
        embedded.copy(Path(settings.DATABASES["default"]["NAME"]), copy)
        manifest.tables = {name: {"rows": rows} for name, rows in embedded.counts(copy, tables).items()}
        with embedded.opened(copy) as there:
            return [name for (name,) in there.execute(FILE_NAMES)]
    server.need("pg_dump")
    with server.opened() as there:
        snapshot = there.execute("SELECT pg_export_snapshot()").fetchone()
        assert snapshot is not None
        server.dump(copy, snapshot=snapshot[0])
        manifest.tables = {table.name: server.tally_of(there, table).told() for table in tables}
        return [name for (name,) in there.execute(FILE_NAMES).fetchall()]


def _replace_database(copy: Path, manifest: Manifest) -> None:
    connection.close()
    if manifest.database == "sqlite":
        if not embedded.is_sound(copy):
            raise CopyError("The database in the archive is damaged.")
        target = Path(settings.DATABASES["default"]["NAME"])
        # Before, because what is there is not kept; and after, because that is what is used.
        _compare_counts(manifest, copy)
        embedded.take_over(copy, target)
        _compare_counts(manifest, target)
        return
    # What was there stays beside it until the other is known to be right.
    with _aside():
        server.restore(copy)
        tables = {table.name: table for table in all_tables()}
        with server.opened() as there:
            _compare(manifest, lambda name: server.tally_of(there, tables[name]).told())


def _nothing_is_aside() -> None:
    """Raise CopyError where a restore was killed: what it put aside may be the only copy of what people have said."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pg_namespace WHERE nspname = %s", [ASIDE])
        if cursor.fetchone():
            raise CopyError(
                f"A restore was interrupted: what was here before it is in the schema {ASIDE}. Look at it, then either"
                f" put it back (DROP SCHEMA public CASCADE; ALTER SCHEMA {ASIDE} RENAME TO public;) or delete it"
                f" (DROP SCHEMA {ASIDE} CASCADE;), and try again."
            )


@contextmanager
def _aside() -> Iterator[None]:
    _schema(f"ALTER SCHEMA public RENAME TO {ASIDE}", "CREATE SCHEMA public")
    try:
        yield
    except BaseException:
        _schema("DROP SCHEMA public CASCADE", f"ALTER SCHEMA {ASIDE} RENAME TO public")
        raise
    _schema(f"DROP SCHEMA {ASIDE} CASCADE")


def _schema(*statements: str) -> None:
    with server.opened() as there:
        for statement in statements:
            there.execute(statement.encode())
        there.commit()


def _compare_counts(manifest: Manifest, path: Path) -> None:
    with embedded.opened(path) as there:
        _compare(manifest, lambda name: {"rows": there.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0]})


def _compare(manifest: Manifest, found_in: Callable[[str], dict[str, Any]]) -> None:
    # What an earlier version has kept is taken care of by the migrations.
    if not _of_this_version(manifest):
        return
    known = {table.name for table in all_tables()}
    for name, expected in manifest.tables.items():
        if name in known and found_in(name) != expected:
            raise CopyError(f"{name} does not hold what the archive's manifest says.")


def _fits(manifest: Manifest) -> None:
    if manifest.database != connection.vendor:
        here = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
        raise CopyError(
            f"This is a backup of {here.get(manifest.database, manifest.database)}, and this installation uses"
            f" {here[connection.vendor]}. Restore it where DATABASE_URL fits; `manage.py move_database` goes from"
            " SQLite to PostgreSQL."
        )
    newer = {tuple(each) for each in manifest.migrations} - set(MigrationLoader(None).disk_migrations)
    if newer:
        raise CopyError("This backup is of a newer version of Chatsite. Install that version first.")


def _of_this_version(manifest: Manifest) -> bool:
    return {tuple(each) for each in manifest.migrations} == set(MigrationLoader(None).disk_migrations)


def _in_use() -> str:
    """Return the name of a table in which somebody has something, or empty."""
    there = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for name in PEOPLES:
            if name in there:
                cursor.execute(f"SELECT 1 FROM {name} LIMIT 1")
                if cursor.fetchone():
                    return name
    return ""


def _applied() -> list[list[str]]:
    return sorted([app, name] for app, name in MigrationLoader(connection).applied_migrations)


@contextmanager
def _written(path: Path) -> Iterator[tarfile.TarFile]:
    """Yield a new archive that only its owner may read, on the disk when it is closed, or gone if it is not whole."""
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        try:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=COMPRESSION) as archive:
                yield archive
            file.flush()
            os.fsync(file.fileno())
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _add_file(into: tarfile.TarFile, manifest: Manifest, name: str) -> None:
    try:
        size = default_storage.size(name)
        with default_storage.open(name) as file:
            _add(into, manifest, f"{FILES}{name}", file, size)
    except FileNotFoundError:
        # Deleted since the database was copied, or lost before.
        manifest.missing += 1


def _add(into: tarfile.TarFile, manifest: Manifest, name: str, content: Any, size: int) -> None:
    hashed = Hashed(content)
    into.addfile(_member(name, size), hashed)  # type: ignore[arg-type]
    manifest.members[name] = hashed.sha256


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def _members(source: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Yield the names and contents of what is in an archive, one after the other."""
    with tarfile.open(source, mode="r|gz") as archive:
        for member in archive:
            content = archive.extractfile(member)
            if content is None:
                raise CopyError(f"{source} holds something that is none of ours.")
            yield member.name, content


@contextmanager
def _told_if_broken(source: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, tarfile.TarError, EOFError, gzip.BadGzipFile, ValueError) as error:
        raise CopyError(f"{source} cannot be read: {error}.") from error


def _put(name: str, content: IO[bytes]) -> None:
    # Names are given by chance and once, so what is there is the same.
    if not default_storage.exists(name):
        default_storage.save(name, File(content, name=name))
