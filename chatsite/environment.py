"""Where settings come from: an environment variable, or the file that the same name with `_FILE` leads to."""

from environ import FileAwareEnv
from environ.fileaware_mapping import FileAwareMapping


class Variables(FileAwareMapping):
    """The environment, with the content of files in place of their names."""

    def __getitem__(self, key: str) -> str:
        # Editors and `echo` end a file with a line break, which is part of no password.
        return super().__getitem__(key).rstrip("\r\n")


class Env(FileAwareEnv):
    """Reads settings of each type."""

    ENVIRON = Variables()
