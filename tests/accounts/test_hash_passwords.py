import threading
import time

import pytest
from django.contrib.auth.hashers import check_password, make_password

from accounts import hashing
from accounts.hashing import BoundedArgon2PasswordHasher


def test_only_a_few_hashes_are_computed_at_once(monkeypatch):
    running, most = [], []

    def hash_slowly(self, password, salt):
        running.append(1)
        most.append(len(running))
        time.sleep(0.01)
        running.pop()
        return "argon2$x"

    monkeypatch.setattr("django.contrib.auth.hashers.Argon2PasswordHasher.encode", hash_slowly)
    threads = [threading.Thread(target=make_password, args=["a password"]) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(most) == 20
    assert max(most) <= hashing.HASHES_AT_ONCE


def test_a_thread_that_holds_a_slot_may_hash():
    with hashing.slot():
        assert check_password("a password", make_password("a password"))


def test_a_slot_is_given_back_after_an_error():
    for _ in range(hashing.HASHES_AT_ONCE + 1):
        with pytest.raises(ZeroDivisionError), hashing.slot():
            1 / 0  # noqa: B018
    with hashing.slot():
        assert hashing._slots._value == hashing.HASHES_AT_ONCE - 1


def test_hashes_are_argon2id_of_at_least_19_mib(monkeypatch):
    monkeypatch.undo()
    assert BoundedArgon2PasswordHasher.memory_cost >= 19 * 1024
    assert BoundedArgon2PasswordHasher.time_cost >= 2
    assert make_password("a password").startswith("argon2$argon2id$")
