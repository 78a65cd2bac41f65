"""Work in the background: jobs are rows, and a queue only says that there is something to look at.

`rows` claims a job, gives signs of life and ends it together with its result; `perform` does one; `kinds` knows who
does what. A message of the queue that is lost delays a job to the next sweep and no more.
"""

from .kinds import Done, Keep, Result, handles
from .messages import send
from .perform import perform
from .rows import BEAT_SECONDS, Claim, ClaimLost, again, give_up_dead, next_due, queue, standing, take_back

__all__ = [
    "BEAT_SECONDS",
    "Claim",
    "ClaimLost",
    "Done",
    "Keep",
    "Result",
    "again",
    "give_up_dead",
    "handles",
    "next_due",
    "perform",
    "queue",
    "send",
    "standing",
    "take_back",
]
