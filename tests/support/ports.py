"""Ports for the private servers of a test."""

import random
import socket
import time

# Below the ports that the system gives to clients, so that no connection takes the port of a server that restarts.
PORTS = range(20_000, 32_000)

# Who holds the UDP port of the same number has the TCP port for itself: a sign that ends with its process.
_held: list[socket.socket] = []


def free_port() -> int:
    """Return a TCP port on loopback that nobody uses, and that no other process of tests gets while this one lives."""
    # Not the common dice: tests that seed them would all begin with the same ports.
    for port in random.SystemRandom().sample(PORTS, len(PORTS)):
        sign = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            sign.bind(("127.0.0.1", port))
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", port))
        except OSError:
            sign.close()
        else:
            _held.append(sign)
            return port
    raise OSError(f"No port from {PORTS.start} to {PORTS.stop - 1} is free")


def wait_for_port(port: int, seconds: float) -> None:
    """Return once something listens on the port; raises TimeoutError."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with socket.socket() as probe:
            probe.settimeout(0.5)
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise TimeoutError(f"Nothing listens on port {port} after {seconds} s")
