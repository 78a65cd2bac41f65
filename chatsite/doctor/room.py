"""The disk: room that is left, and whether attached files and their rows belong together."""

import shutil
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.core.files.storage import default_storage

from conversations import storage
from conversations.models import Discarded

from .configuration import LOCAL_STORAGE
from .finding import Finding, Severity

FULL_BYTES = 512 * 1024 * 1024
FULL_SHARE = 0.1
MOUNTS = Path("/proc/mounts")


def disk() -> Iterator[Finding]:
    """Whether there is room, and whether it lasts."""
    usage = shutil.disk_usage(settings.DATA_DIR)
    left = f"{usage.free / 1024**3:.1f} GB are left on the disk of {settings.DATA_DIR}."
    if usage.free < FULL_BYTES:
        yield Finding(Severity.ERROR, "disk_full", left, "Make room: nothing can be kept on a full disk.")
    elif usage.free < usage.total * FULL_SHARE:
        yield Finding(Severity.WARNING, "disk_nearly_full", left, "Make room, or give it a larger disk.")
    kept = [settings.DATA_DIR] if settings.EMBEDDED_DATABASE else []
    if settings.FILE_STORAGE == LOCAL_STORAGE:
        kept.append(settings.MEDIA_ROOT)
    for folder in kept:
        if _in_memory(Path(folder)):
            what = f"{folder} is in memory: what is kept there is gone with the next restart."
            yield Finding(Severity.ERROR, "kept_in_memory", what, "Mount a volume there.")


def files() -> Iterator[Finding]:
    """Whether every attached file has its bytes, and all bytes a row."""
    missing = sum(1 for name in storage.names() if not default_storage.exists(name))
    if missing:
        what = f"The bytes of {missing:,} pieces of attached files are not in the storage."
        yield Finding(Severity.ERROR, "files_missing", what, "Mount the right folder, or restore a backup.")
    if orphans := sum(1 for _ in storage.orphans()):
        what = f"{orphans:,} pieces in the storage belong to no row."
        yield Finding(Severity.NOTE, "files_orphaned", what, "`manage.py clean_files` deletes them, as each night.")
    if unused := storage.unused().count():
        what = f"{unused:,} files are attached nowhere."
        yield Finding(Severity.NOTE, "files_unused", what, "`manage.py clean_files` deletes them, as each minute.")
    if left := Discarded.objects.count():
        what = f"{left:,} pieces of deleted files are still in the storage."
        yield Finding(Severity.NOTE, "files_not_deleted", what, "A worker tries again each minute; look at its log.")


def _in_memory(folder: Path) -> bool:
    """Whether a folder, or the nearest one above it that there is, is on a file system without a disk."""
    try:
        mounts = [line.split(" ")[1:3] for line in MOUNTS.read_text().splitlines()]
    except OSError:
        return False
    resolved = folder.resolve()
    above = [(where, kind) for where, kind in mounts if resolved.is_relative_to(where)]
    return bool(above) and max(above, key=lambda found: len(found[0]))[1] in {"tmpfs", "ramfs"}
