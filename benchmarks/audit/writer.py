"""One of the processes that write: a module of its own, because each process imports it anew."""

import time

ACTION = "conversation.changed"


def write(number: int, gate, counted) -> None:
    """Enter so many entries, from the moment on when everybody is ready."""
    import django

    django.setup()
    from django.db import connection

    from accounts import audit
    from accounts.audit import entering
    from accounts.models import User

    # Whoever comes last waits for all the others here; how long that may take is not what is measured.
    entering.ENTER_SECONDS = 60
    person = User.objects.first()
    connection.ensure_connection()
    gate.wait()
    began = time.perf_counter()
    for _ in range(number):
        audit.enter(ACTION, actor=person, target=person, fields=["title"])
    counted.put((began, time.perf_counter()))
    connection.close()
