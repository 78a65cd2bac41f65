"""Whoever meddles with the ledger is found out, and the first entry that is not what it was is named."""

import json
import random

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts import audit
from accounts.audit import chain, verification
from accounts.models import AuditEntry

from .conftest import fill, without_guard

pytestmark = pytest.mark.django_db

TABLE = "accounts_auditentry"
COLUMNS = [name for name in verification.COLUMNS if name != "number"]
ENTRIES = 30
TAMPERINGS = 200
# As raw values go into the columns; a different one for each kind of column.
OTHER = {
    "at": "2020-02-02 02:02:02.000001+00:00",
    "actor_id": "00000000-0000-4000-8000-000000000000",
    "whom_id": None,
}


def run(statement: str, *values) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def raw(number: int) -> dict:
    return AuditEntry.objects.values(*verification.COLUMNS).get(number=number)


def stored(name: str, value):
    """Return a value as the column of this name holds it."""
    return AuditEntry._meta.get_field(name).get_db_prep_save(value, connection)


def put(row: dict) -> None:
    names = list(row)
    holes = ", ".join(["%s"] * len(names))
    run(
        f"INSERT INTO {TABLE} ({', '.join(names)}) VALUES ({holes})",
        *(stored(name, row[name]) for name in names),
    )


def edit(dice: random.Random) -> int:
    """Change one column of one entry; return its number."""
    number, name = dice.randint(1, ENTRIES), dice.choice(COLUMNS)
    old = raw(number)[name]
    new = (
        OTHER.get(name, f"{old}x"[-40:]) if name in OTHER else f"{str(old)[:-1]}{'0' if str(old)[-1:] != '0' else '1'}"
    )
    field_value = AuditEntry._meta.get_field(name).to_python(new)
    run(f"UPDATE {TABLE} SET {name} = %s WHERE number = %s", stored(name, field_value), number)
    return number


def edit_and_hash(dice: random.Random) -> int:
    """Change an entry and give it the hash that it now must have."""
    number = dice.randint(1, ENTRIES)
    row = raw(number) | {"action": "text.read", "address": "198.51.100.250"}
    row["hash"] = chain.hash_of(row)
    run(f"DELETE FROM {TABLE} WHERE number = %s", number)
    put(row)
    # The entry itself is in order: it is the next one that does not follow, or the anchor that differs.
    return min(number + 1, ENTRIES)


def delete(dice: random.Random) -> int:
    number = dice.randint(1, ENTRIES)
    run(f"DELETE FROM {TABLE} WHERE number = %s", number)
    return number


def insert(dice: random.Random) -> int:
    """Put an entry between two others, whose followers move up."""
    number = dice.randint(1, ENTRIES)
    for each in range(ENTRIES, number - 1, -1):
        run(f"UPDATE {TABLE} SET number = %s WHERE number = %s", each + 1, each)
    row = raw(number + 1) | {"number": number, "action": "sign_out"}
    row["hash"] = chain.hash_of(row)
    put(row)
    return number + 1


def reorder(dice: random.Random) -> int:
    one, other = sorted(dice.sample(range(1, ENTRIES + 1), 2))
    run(f"UPDATE {TABLE} SET number = %s WHERE number = %s", -1, one)
    run(f"UPDATE {TABLE} SET number = %s WHERE number = %s", one, other)
    run(f"UPDATE {TABLE} SET number = %s WHERE number = %s", other, -1)
    return one


def truncate(dice: random.Random) -> int:
    number = dice.randint(1, ENTRIES)
    run(f"DELETE FROM {TABLE} WHERE number >= %s", number)
    return number


def write_anew(dice: random.Random) -> int:
    """Change an entry and make a whole chain again of all that follow, as only an anchor tells."""
    number = dice.randint(1, ENTRIES)
    rows = list(AuditEntry.objects.filter(number__gte=number).order_by("number").values(*verification.COLUMNS))
    run(f"DELETE FROM {TABLE} WHERE number >= %s", number)
    rows[0]["action"] = "text.read"
    previous = rows[0]["previous"]
    for row in rows:
        row["previous"] = previous
        previous = row["hash"] = chain.hash_of(row)
        put(row)
    return ENTRIES


def test_two_hundred_tamperings_are_found_and_the_first_bad_entry_is_named(alice):
    dice = random.Random(7)
    fill(alice, ENTRIES)
    without_guard()
    anchors = [verification.head()]
    assert verification.verify(anchors=anchors).whole
    ways = [edit, edit_and_hash, delete, insert, reorder, truncate, write_anew]
    for number in range(TAMPERINGS):
        tamper = ways[number % len(ways)]
        with transaction.atomic():
            wanted = tamper(dice)
            found = verification.verify(anchors=anchors)
            assert (tamper.__name__, found.bad) == (tamper.__name__, wanted), found.why
            transaction.set_rollback(True)
    assert verification.verify(anchors=anchors).whole


def test_what_is_no_longer_a_moment_is_named_too(alice):
    fill(alice, 3)
    without_guard()
    if connection.vendor == "sqlite":
        run(f"UPDATE {TABLE} SET at = 'long ago', actor_id = 'somebody' WHERE number = 2")
    else:
        run(f"UPDATE {TABLE} SET details = 'none' WHERE number = 2")
    assert verification.verify().bad == 2


def test_an_export_is_verified_without_the_database(alice):
    fill(alice, 5)
    lines = [verification.exported(row) for row in verification.stored()]
    assert verification.verify(verification.read_export(lines)).entries == 5
    meddled = {
        2: [lines[0], lines[2], *lines[3:]],
        3: [*lines[:2], lines[3], lines[2], lines[4]],
        4: [*lines[:3], lines[3].replace("192.0.2.7", "192.0.2.8"), lines[4]],
        5: [*lines[:4], "{}"],
    }
    for bad, changed in meddled.items():
        assert verification.verify(verification.read_export(changed)).bad == bad


def test_the_ledger_is_read_a_piece_at_a_time(alice, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(verification, "PIECE", 4)
    fill(alice, 11)
    with django_assert_max_num_queries(4):
        assert verification.verify().entries == 11


def test_the_command_says_whether_all_is_whole(alice, settings, tmp_path, capsys):
    settings.AUDIT_ANCHOR_FILE = str(tmp_path / "anchors.jsonl")
    fill(alice, 4)
    call_command("audit", "anchor")
    call_command("audit", "anchor")
    (kept,) = (tmp_path / "anchors.jsonl").read_text().splitlines()
    assert json.loads(kept)["number"] == 4
    fill(alice, 1)
    call_command("audit", "verify")
    assert "5 entries, all whole, 1 anchored" in capsys.readouterr().out
    without_guard()
    run(f"DELETE FROM {TABLE} WHERE number > 3")
    with pytest.raises(CommandError, match="Entry 4 is missing") as error:
        call_command("audit", "verify")
    assert error.value.returncode == 1
    # Whoever takes away the anchors as well is not told that all is whole.
    (tmp_path / "anchors.jsonl").unlink()
    with pytest.raises(CommandError, match=r"anchors\.jsonl"):
        call_command("audit", "verify")


def test_the_database_itself_refuses_to_change_or_delete_an_entry(alice):
    fill(alice, 2)
    statements = [
        f"UPDATE {TABLE} SET action = 'sign_in'",
        f"DELETE FROM {TABLE}",
        f"TRUNCATE {TABLE}"
        if connection.vendor == "postgresql"
        else f"INSERT OR REPLACE INTO {TABLE} SELECT * FROM {TABLE}",
    ]
    for statement in statements:
        with pytest.raises(DatabaseError), transaction.atomic():
            run(statement)
    entry = AuditEntry.objects.get(number=1)
    for attempt in (
        entry.delete,
        entry.save,
        AuditEntry.objects.all().delete,
        lambda: AuditEntry.objects.update(number=9),
    ):
        with pytest.raises(TypeError):
            attempt()
    assert verification.verify().entries == 2


def test_an_action_without_words_is_a_mistake(alice):
    with pytest.raises(ValueError):
        audit.enter("sing_in", actor=alice)
