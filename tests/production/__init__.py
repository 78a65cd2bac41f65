"""The installation of compose.yaml without Docker, and a look at whether it does: `python -m tests.production`."""
