"""The asyncio side of turns: a registry of the ones this process works on, their heartbeat, and the reaper.

Tasks live here and not in a consumer: Channels gives a consumer one message at a time, so one that streams could not
hear "stop".
"""

from .engine import Engine, ask, begin, current, forget_conversation, start, stop, worker

__all__ = ["Engine", "ask", "begin", "current", "forget_conversation", "start", "stop", "worker"]
