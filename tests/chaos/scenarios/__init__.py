"""What is done to an installation, by name: each as often as the promises are to be proven, or a share of that."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from tests.chaos.judge import Verdict

from . import clocks, disk, kills, model_servers, resets, restarts, services


@dataclass(frozen=True, slots=True)
class Scenario:
    """One way to do harm, and how often it is done in a whole run."""

    run: Callable[[int], Awaitable[Verdict]]
    times: int
    what: str


SCENARIOS = {
    "kills": Scenario(kills.run, 200, "kill -9 of a web process that writes 10 answers"),
    "resets": Scenario(resets.run, 1000, "connection resets on 60 streams"),
    "redis": Scenario(services.kill_redis, 50, "kills of Redis under 20 people"),
    "postgres": Scenario(services.restart_postgres, 50, "immediate restarts of PostgreSQL under 20 people"),
    "cuts": Scenario(model_servers.cut, 300, "answers cut off by the model server, at any byte"),
    "hangs": Scenario(model_servers.hang, 10, "rounds of every way in which a model server hangs, breaks or refuses"),
    "disk": Scenario(disk.run, 20, "full disks under 10 people"),
    "clocks": Scenario(clocks.run, 40, "jumps of a process's clock by an hour, under 20 people"),
    "restarts": Scenario(restarts.run, 30, "rolling restarts, one a minute, under 20 people"),
}
