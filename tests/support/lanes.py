"""Which tests run one after the other, where several run side by side: those that share servers."""

from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parent.parent
# Whatever uses one of these fixtures shares PostgreSQL and Redis with the others.
SERVICES = {"postgres", "redis", "production", "without_redis"}


def lane(item: pytest.Item) -> str:
    """Return the lane of a test: the services, a file of browser tests, or a folder."""
    if item.get_closest_marker("browser"):
        return item.path.stem
    parameters = getattr(item, "callspec", None)
    chosen = [value for value in parameters.params.values() if isinstance(value, str)] if parameters else []
    if SERVICES & {*item.fixturenames, *chosen}:
        return "services"
    return item.path.relative_to(TESTS).parts[0]
