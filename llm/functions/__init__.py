"""Functions that models may call and that need no database: arithmetic, the time, the weather.

`calculator()`, `clock(...)` and `weather(...)` return them as tools; whether one is offered is the caller's decision.
"""

from .calculate import calculator
from .current_time import clock
from .weather import weather

__all__ = ["calculator", "clock", "weather"]
