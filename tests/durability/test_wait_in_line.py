"""More answers than may be written at once: the others wait in line, in order, and know where they stand."""

import asyncio
import random

import pytest

from conversations.runner.line import Line


class Waiter:
    """Somebody in the line: what they were told, and whether they are in."""

    def __init__(self, line: Line):
        self.told: list[int] = []
        self.inside = asyncio.Event()
        self.task = asyncio.create_task(self.enter(line))

    async def enter(self, line: Line) -> None:
        await line.enter(self.told.append)
        self.inside.set()


async def settle() -> None:
    """Let every task run as far as it can."""
    for _ in range(5):
        await asyncio.sleep(0)


async def test_as_many_as_there_are_places_enter_at_once():
    line = Line(3)
    waiters = [Waiter(line) for _ in range(5)]
    await settle()
    assert [waiter.inside.is_set() for waiter in waiters] == [True, True, True, False, False]
    assert [waiter.told for waiter in waiters] == [[], [], [], [0], [1]]


async def test_whoever_leaves_lets_the_first_in_line_enter():
    line = Line(1)
    waiters = [Waiter(line) for _ in range(4)]
    order = []
    for _ in range(4):
        await settle()
        (entered,) = [number for number, waiter in enumerate(waiters) if waiter.inside.is_set() and number not in order]
        order.append(entered)
        line.leave()
    assert order == [0, 1, 2, 3]
    assert [waiter.told for waiter in waiters] == [[], [0], [1, 0], [2, 1, 0]]
    assert line.taken == 0


async def test_whoever_gives_up_leaves_the_line_and_the_others_move_up():
    line = Line(1)
    waiters = [Waiter(line) for _ in range(4)]
    await settle()
    waiters[2].task.cancel()
    await settle()
    assert waiters[3].told == [2, 1]
    line.leave()
    await settle()
    assert waiters[1].inside.is_set()
    assert not waiters[3].inside.is_set()


async def test_whoever_gives_up_at_the_moment_of_entering_passes_the_place_on():
    line = Line(1)
    waiters = [Waiter(line) for _ in range(3)]
    await settle()
    line.leave()
    # The place was given but not yet taken.
    waiters[1].task.cancel()
    await settle()
    assert not waiters[1].inside.is_set()
    assert waiters[2].inside.is_set()
    assert line.taken == 1


async def test_whoever_gives_up_just_before_a_place_is_free_is_passed_over():
    line = Line(1)
    waiters = [Waiter(line) for _ in range(3)]
    await settle()
    waiters[1].task.cancel()
    line.leave()
    await settle()
    assert waiters[1].task.cancelled()
    assert waiters[2].inside.is_set()
    assert line.taken == 1


@pytest.mark.parametrize("seed", range(50))
async def test_whatever_happens_no_place_is_lost_or_given_twice(seed: int):
    dice = random.Random(seed)
    line = Line(dice.randint(1, 4))
    waiters: list[Waiter] = []
    gone: set[Waiter] = set()
    for _ in range(120):
        inside = [waiter for waiter in waiters if waiter.inside.is_set() and waiter not in gone]
        outside = [waiter for waiter in waiters if not waiter.task.done()]
        match dice.choice(["come", "come", "leave", "give up", "settle"]):
            case "come":
                waiters.append(Waiter(line))
            case "leave" if inside:
                gone.add(dice.choice(inside))
                line.leave()
            case "give up" if outside:
                dice.choice(outside).task.cancel()
            case "settle":
                await settle()
        assert len(inside) <= line.places
    await settle()
    inside = [waiter for waiter in waiters if waiter.inside.is_set() and waiter not in gone]
    waiting = [waiter for waiter in waiters if not waiter.task.done()]
    assert line.taken == len(inside)
    assert len(inside) == line.places or not waiting
    for waiter in waiting:
        waiter.task.cancel()
    await settle()
    for _ in inside:
        line.leave()
    assert line.taken == 0
    assert [waiter.task.exception() for waiter in waiters if not waiter.task.cancelled()] == [None] * len(
        [waiter for waiter in waiters if waiter.inside.is_set()]
    )
