"""The promises of docs/architecture.md at full size, by command: `python -m tests.chaos`."""
