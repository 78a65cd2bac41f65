"""Uploading: a file is read, kept once, told with its receipt, and sent with one question."""

import hashlib
import io
import uuid

import pytest
from PIL import Image

from conversations import attachments
from conversations.models import Attachment, StoredFile, Turn
from tests.support.files import attach

from .conftest import upload

pytestmark = pytest.mark.django_db(transaction=True)

LEASE = b"The lease ends in March 2031.\n"


def picture(size=(80, 60), form="PNG") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", size, "teal").save(out, form)
    return out.getvalue()


def stored(folder) -> list:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_a_text_is_read_and_told(program):
    answer = upload(program, LEASE, "lease.txt")
    assert answer.status_code == 201
    told = answer.json()
    assert (told["name"], told["kind"], told["size"]) == ("lease.txt", "text", len(LEASE))
    assert told["sha256"] == hashlib.sha256(LEASE).hexdigest()
    assert told["receipt"]["characters"] == len(LEASE.strip()) or told["receipt"]["characters"] == len(LEASE)
    assert told["tokens"] == told["receipt"]["tokens"] > 5
    assert answer["Location"].endswith(f"/api/attachments/{told['id']}/")
    assert program.get(f"attachments/{told['id']}/").json() == told


def test_its_text_and_its_bytes_can_be_had(program):
    found = upload(program, LEASE, "lease.txt").json()["id"]
    text = program.get(f"attachments/{found}/text/").json()
    assert "".join(each["text"] for each in text["passages"]).strip() == LEASE.decode().strip()
    assert text["next"] is None
    content = program.get(f"attachments/{found}/content/")
    assert b"".join(content.streaming_content) == LEASE
    assert content["Content-Disposition"] == 'attachment; filename="lease.txt"'
    assert content["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert content["X-Content-Type-Options"] == "nosniff"
    assert content["Content-Type"] == "text/plain"


def test_a_picture_has_a_thumbnail(program):
    told = upload(program, picture(), "teal.png").json()
    assert (told["kind"], told["thumbnail"]) == ("image", True)
    thumbnail = program.get(f"attachments/{told['id']}/thumbnail/")
    assert thumbnail["Content-Type"] == "image/jpeg"
    assert Image.open(io.BytesIO(b"".join(thumbnail.streaming_content))).format == "JPEG"
    assert StoredFile.objects.get().image


def test_what_the_client_says_of_its_kind_is_ignored(program):
    told = upload(program, LEASE, "lease.txt", kind="text/html").json()
    assert told["media_type"] == "text/plain"


def test_the_same_file_is_kept_once(program, files):
    first, second = upload(program, LEASE, "lease.txt").json(), upload(program, LEASE, "again.txt").json()
    assert first["id"] != second["id"]
    assert second["name"] == "again.txt"
    assert StoredFile.objects.count() == 1
    assert len(stored(files)) == 1


def test_two_people_with_the_same_file_have_one_each(program, stranger):
    upload(program, LEASE, "lease.txt")
    upload(stranger, LEASE, "lease.txt")
    assert StoredFile.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "name", "status", "code"),
    [
        (b"", "empty.txt", 422, "empty"),
        (b"MZ\x90\x00", "setup.exe", 415, "unsupported_file"),
        (
            b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            "picture.svg",
            415,
            "unsupported_file",
        ),
        (b"\x89PNG\r\n\x1a\n not a picture", "picture.png", 422, "corrupt"),
    ],
)
def test_what_cannot_be_read_is_refused_and_nothing_stays(program, files, content, name, status, code):
    answer = upload(program, content, name)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not StoredFile.objects.exists()
    assert stored(files) == []


def test_a_file_that_is_too_large_is_refused(program, settings):
    settings.UPLOAD_MAX_BYTES = 20
    answer = upload(program, LEASE, "lease.txt")
    assert (answer.status_code, answer.json()["code"]) == (413, "file_too_large")


def test_who_has_used_up_their_room_is_told_so(program, settings):
    settings.USER_FILES_BYTES = 40
    assert upload(program, LEASE, "lease.txt").status_code == 201
    answer = upload(program, LEASE * 2, "more.txt")
    assert (answer.status_code, answer.json()["code"]) == (413, "files_full")


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\x\\y.txt", "y.txt"),
        ("..\\..\\x.txt", "x.txt"),
        ("a\u202egpj.txt", "agpj.txt"),
        ("z\u200bero.txt", "zero.txt"),
        ("tag\U000e0041.txt", "tag.txt"),
        ("...", "file"),
        ("", "file"),
        ("line\nbreak.txt", "linebreak.txt"),
        ("-rf.txt", "-rf.txt"),
        ("CON.txt", "CON.txt"),
        ("é" * 4000 + ".txt", "é" * 146 + ".txt"),
        ("café \U0001f600.txt", "café \U0001f600.txt"),
    ],
)
def test_a_name_is_shown_without_folders_and_tricks(name, shown):
    assert attachments.clean_name(name) == shown


def test_a_name_with_a_nul_is_refused():
    with pytest.raises(attachments.Invalid):
        attachments.clean_name("a\0b.txt")


def test_a_form_without_a_file_or_with_more_is_refused(program):
    kind = "multipart/form-data; boundary=x"
    nothing = program.send("post", "attachments/", b"--x--\r\n", content_type=kind)
    assert (nothing.status_code, nothing.json()["code"]) == (400, "no_file")
    part = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\na\r\n'
    two = program.send("post", "attachments/", part + part + b"--x--\r\n", content_type=kind)
    assert two.status_code == 400
    assert not StoredFile.objects.exists()


def test_a_file_can_be_taken_back_and_its_bytes_go(program, files):
    found = upload(program, LEASE, "lease.txt").json()["id"]
    assert program.delete(f"attachments/{found}/").status_code == 204
    assert not StoredFile.objects.exists()
    assert stored(files) == []


def test_a_file_goes_with_one_question(program, alice):
    found = upload(program, LEASE, "lease.txt").json()
    conversation = uuid.uuid4()
    body = {"text": "When does it end?", "attachments": [found["id"]]}
    answer = program.post(f"conversations/{conversation}/turns/", body)
    assert answer.status_code == 202
    assert [each["id"] for each in answer.json()["message"]["attachments"]] == [found["id"]]
    history = program.get(f"conversations/{conversation}/messages/").json()["messages"]
    assert history[0]["attachments"][0]["name"] == "lease.txt"
    refused = program.delete(f"attachments/{found['id']}/")
    assert (refused.status_code, refused.json()["code"]) == (409, "attachment_sent")
    again = program.post(f"conversations/{uuid.uuid4()}/turns/", body)
    assert (again.status_code, again.json()["code"]) == (409, "attachment_sent")


def test_a_question_may_be_nothing_but_a_file(program):
    found = upload(program, LEASE, "lease.txt").json()["id"]
    answer = program.post(f"conversations/{uuid.uuid4()}/turns/", {"text": "", "attachments": [found]})
    assert answer.status_code == 202
    assert Turn.objects.get().conversation.title == "lease.txt"


def test_the_same_send_twice_is_one(program):
    found = upload(program, LEASE, "lease.txt").json()["id"]
    where, key = f"conversations/{uuid.uuid4()}/turns/", str(uuid.uuid4())
    body = {"text": "When?", "attachments": [found]}
    first = program.post(where, body, **{"idempotency-key": key})
    second = program.post(where, body, **{"idempotency-key": key})
    assert second.status_code == 202
    assert second["Idempotent-Replayed"] == "true"
    assert second.json()["message"]["attachments"] == first.json()["message"]["attachments"] != []


def test_somebody_elses_file_is_not_there(program, stranger, alice):
    mine = attach(alice)
    for path in ("", "content/", "thumbnail/", "text/"):
        assert stranger.get(f"attachments/{mine.pk}/{path}").status_code == 404
    assert stranger.delete(f"attachments/{mine.pk}/").status_code == 404
    asked = stranger.post(f"conversations/{uuid.uuid4()}/turns/", {"text": "Hi", "attachments": [str(mine.pk)]})
    assert (asked.status_code, asked.json()["code"]) == (404, "attachment_not_found")
    assert not Turn.objects.exists()
    assert Attachment.objects.get().message is None


def test_asking_again_and_differently_keep_the_files(program, alice):
    found = upload(program, LEASE, "lease.txt").json()["id"]
    where = f"conversations/{uuid.uuid4()}/turns/"
    turn = program.post(where, {"text": "When?", "attachments": [found]}).json()["turn"]["id"]
    Turn.objects.update(status="completed")
    again = program.post(f"turns/{turn}/retry/", {})
    Turn.objects.update(status="completed")
    other = program.post(f"turns/{turn}/edit/", {"text": "When exactly?"})
    for answer in (again, other):
        assert [each["name"] for each in answer.json()["message"]["attachments"]] == ["lease.txt"]
    assert StoredFile.objects.count() == 1
    assert Attachment.objects.count() == 3


def test_the_bytes_go_with_the_last_conversation_that_has_them(program, files, settings):
    settings.UNDO_DELETE_SECONDS = 0
    ids = [uuid.uuid4(), uuid.uuid4()]
    for conversation in ids:
        found = upload(program, LEASE, "lease.txt").json()["id"]
        program.post(f"conversations/{conversation}/turns/", {"text": "When?", "attachments": [found]})
    Turn.objects.update(status="completed")
    assert program.delete(f"conversations/{ids[0]}/").status_code == 204
    assert len(stored(files)) == 1
    assert program.delete(f"conversations/{ids[1]}/").status_code == 204
    assert stored(files) == []


def test_the_bytes_go_with_the_person(program, alice, files):
    upload(program, picture(), "teal.png")
    assert len(stored(files)) == 3
    alice.delete()
    assert stored(files) == []


def form(message: str, *parts: tuple[str, str]) -> bytes:
    """Return a form with a question and files of these names and texts."""
    files = "".join(
        f'--x\r\nContent-Disposition: form-data; name="files[]"; filename="{name}"\r\n\r\n{text}\r\n'
        for name, text in parts
    )
    asked = f'--x\r\nContent-Disposition: form-data; name="message"\r\n\r\n{message}\r\n'
    return (files + asked + "--x--\r\n").encode()


def ask_with_files(program, message: str, *parts: tuple[str, str], **headers):
    """Return the answer to a question that comes with files in one call."""
    kind = "multipart/form-data; boundary=x"
    return program.send("post", "chat/stream/", form(message, *parts), content_type=kind, **headers)


def test_files_come_with_the_question_in_one_call(program):
    answer = ask_with_files(program, "Compare them.", ("a.txt", "First file."), ("b.txt", "Second file."))
    assert answer.status_code == 200
    assert sorted(Attachment.objects.values_list("name", flat=True)) == ["a.txt", "b.txt"]
    assert all(each.message.text == "Compare them." for each in Attachment.objects.select_related("message"))


def test_two_files_of_one_name_come_in_one_call(program):
    assert ask_with_files(program, "Which?", ("image.txt", "First."), ("image.txt", "Second.")).status_code == 200
    assert Attachment.objects.count() == StoredFile.objects.count() == 2


def test_the_same_call_with_files_twice_is_one_question(program):
    key = {"idempotency-key": str(uuid.uuid4())}
    for _ in range(2):
        answer = ask_with_files(program, "Compare.", ("a.txt", "First file."), ("b.txt", "Second file."), **key)
        assert answer.status_code == 200
    turn = Turn.objects.get()
    assert Attachment.objects.filter(message__turn=turn).count() == Attachment.objects.count() == 2
    other = ask_with_files(program, "Compare.", ("a.txt", "Another file."), ("b.txt", "Second file."), **key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert Attachment.objects.count() == StoredFile.objects.count() == 2


def test_the_same_key_with_the_same_file_uploaded_again_is_one_question(program):
    where, key = f"conversations/{uuid.uuid4()}/turns/", {"idempotency-key": str(uuid.uuid4())}
    for _ in range(2):
        found = upload(program, LEASE, "lease.txt").json()["id"]
        assert program.post(where, {"text": "When?", "attachments": [found]}, **key).status_code == 202
    assert Turn.objects.count() == 1


def test_a_call_that_is_refused_leaves_no_file_behind(program, files):
    refused = ask_with_files(program, "Compare.", ("a.txt", "First file."), ("b.exe", "MZ"))
    assert refused.status_code == 415
    nothing = ask_with_files(program, "x" * 200_000, ("a.txt", "First file."))
    assert nothing.status_code == 413
    assert not Attachment.objects.exists()
    assert stored(files) == []


def test_too_many_files_in_one_call_are_refused(program):
    answer = ask_with_files(program, "Compare.", *((f"{number}.txt", "A file.") for number in range(11)))
    assert (answer.status_code, answer.json()["code"]) == (400, "too_many_attachments")
    many = ask_with_files(program, "Compare.", *((f"{number}.txt", "A file.") for number in range(120)))
    assert many.status_code == 400
    assert many.json()["code"]
    assert not StoredFile.objects.exists()


def test_a_file_that_its_storage_lost_is_not_there(program, files):
    found = upload(program, picture(), "teal.png").json()["id"]
    for path in stored(files):
        path.unlink()
    for path in ("content/", "thumbnail/"):
        assert program.get(f"attachments/{found}/{path}").status_code == 404
    assert program.get(f"attachments/{found}/").status_code == 200


def asked_again(program, alice, django_assert_max_num_queries, number: int) -> int:
    """Return how many queries it takes to answer a repeated question with so many files."""
    ids = [str(attach(alice, text=f"{number} {each}").pk) for each in range(number)]
    where, key = f"conversations/{uuid.uuid4()}/turns/", {"idempotency-key": str(uuid.uuid4())}
    body = {"text": "Which?", "attachments": ids}
    assert program.post(where, body, **key).status_code == 202
    with django_assert_max_num_queries(100) as asked:
        assert program.post(where, body, **key).status_code == 202
    return len(asked)


def test_ten_files_take_no_more_queries_than_one(program, alice, django_assert_max_num_queries):
    one, ten = (asked_again(program, alice, django_assert_max_num_queries, number) for number in (1, 10))
    assert one == ten


def test_too_many_at_once_are_told_to_wait(program, settings):
    settings.UPLOADS_PER_MINUTE = 2
    answers = [upload(program, f"Lease {number}.".encode(), "lease.txt") for number in range(3)]
    assert [answer.status_code for answer in answers] == [201, 201, 429]
    assert answers[-1].json()["code"] == "too_many_requests"
    assert 0 < int(answers[-1]["Retry-After"]) <= 60
