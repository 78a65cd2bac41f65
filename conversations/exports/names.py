"""What an export is called on somebody's disk, whatever its conversation is called."""

from ..attachments import clean_name

TITLE_CHARACTERS = 80
# What some system or other gives a meaning to.
NOT_IN_NAMES = str.maketrans(dict.fromkeys('/\\:*?"<>|', " "))
RESERVED = {"CON", "PRN", "AUX", "NUL", *(f"{port}{n}" for port in ("COM", "LPT") for n in range(1, 10))}


def file_name(title: str, extension: str) -> str:
    """Return a name that every system takes: of the title what can stand in one."""
    kept = clean_name(title.replace("\x00", "").translate(NOT_IN_NAMES))[:TITLE_CHARACTERS].strip(" .-~")
    if not kept or kept == "file":
        kept = "chat"
    if kept.partition(".")[0].strip().upper() in RESERVED:
        kept = f"chat {kept}"
    return f"{kept}.{extension}"
