"""What a model file says of itself, the memory that it needs for that, and which window it gets."""

import struct

import pytest
from gguf import GGML_QUANT_SIZES, GGUFWriter

from llm.local import curated, fit, gguf
from llm.local.shelf import Shelf, ShelfError, name_for
from tests.engine import tiny


@pytest.fixture(scope="module")
def brief(tmp_path_factory):
    path = tmp_path_factory.mktemp("file") / "brief.gguf"
    tiny.write(path=path, end_leaning=tiny.SOMETIMES)
    return path


def projector(path, **values):
    writer = GGUFWriter(str(path), "clip")
    for name, value in values.items():
        writer.add_bool(f"clip.{name}", value)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_a_header_is_read_as_it_was_written(brief):
    header = gguf.read(brief)
    assert (header.architecture, header.title, header.template) == ("llama", "Tiny", tiny.TEMPLATE)
    assert header.number("context_length") == tiny.TRAINED_TOKENS
    assert header.vocabulary == len(tiny.vocabulary()[0])
    assert header.chats and header.capabilities == {"completion"}
    assert header.size == brief.stat().st_size


def test_sizes_of_weights_are_those_of_the_format():
    # Q8_1 only stands in memory, never in a file.
    known = {int(kind): sizes for kind, sizes in GGML_QUANT_SIZES.items() if kind.name != "Q8_1"}
    assert known == gguf.BLOCKS


def test_a_file_that_lacks_its_last_byte_is_not_whole(brief, tmp_path):
    short = tmp_path / "short.gguf"
    short.write_bytes(brief.read_bytes()[:-1])
    with pytest.raises(gguf.NotAModel, match="not downloaded whole"):
        gguf.read(short)


@pytest.mark.parametrize(
    ("head", "sentence"),
    [
        (b"GGUF" + struct.pack("<IQQ", 99, 0, 0), "version 99"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 2**60), "makes no sense"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**62), "not downloaded whole"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 1) + b"a" + struct.pack("<IIQ", 9, 4, 2**61), "not downloaded whole"),
        (b"PK\x03\x04" + bytes(40), "is not a GGUF file"),
        (b"", "too short"),
    ],
)
def test_what_a_file_claims_is_not_believed(tmp_path, head, sentence):
    path = tmp_path / "odd.gguf"
    path.write_bytes(head + bytes(16 if head else 0))
    with pytest.raises(gguf.NotAModel, match=sentence):
        gguf.read(path)


def test_memory_is_weights_cache_and_work(brief):
    header = gguf.read(brief)
    need = fit.need(header, window=1000, slots=2)
    # Keys and values of 16 bits, for each layer.
    assert need.cache == 1000 * 2 * tiny.LAYERS * tiny.EMBEDDING * 2 * 2
    assert need.weights == header.size
    more = fit.need(header, window=1000, slots=2, beside=500)
    assert more.bytes - need.bytes == 500


def test_the_window_is_the_longest_that_fits_and_never_longer_than_the_model_was_trained_for(brief):
    header = gguf.read(brief)
    plenty = fit.need(header, window=fit.WINDOWS[0], slots=2).bytes
    assert fit.window(header, room=plenty, slots=2) == fit.WINDOWS[0]
    assert fit.window(header, room=plenty - 1, slots=2) == fit.WINDOWS[1]
    assert fit.window(header, room=1000, slots=2) is None
    assert fit.window(header, room=10 * plenty, slots=2, wanted=100_000) == tiny.TRAINED_TOKENS
    assert fit.window(header, room=plenty, slots=1, wanted=512) == 512


def test_a_container_has_what_its_limit_leaves(monkeypatch):
    monkeypatch.setattr(fit, "_available", lambda: iter((5000, 700)))
    assert fit.available() == 700


def test_a_model_sees_with_a_projector_beside_it(brief, tmp_path):
    shelf = Shelf(tmp_path)
    (tmp_path / "brief.gguf").symlink_to(brief)
    assert "vision" not in shelf.open("brief").capabilities
    projector(tmp_path / "brief.mmproj.gguf", has_vision_encoder=True)
    entry = shelf.open("brief")
    assert "vision" in entry.capabilities
    assert entry.size == brief.stat().st_size + (tmp_path / "brief.mmproj.gguf").stat().st_size
    assert [entry.name for entry in shelf.entries()] == ["brief"]
    projector(tmp_path / "brief.mmproj.gguf", has_vision_encoder=False, has_audio_encoder=True)
    assert "vision" not in shelf.open("brief").capabilities


def test_what_is_no_model_is_not_offered_and_told_why(brief, tmp_path):
    shelf = Shelf(tmp_path)
    (tmp_path / "good.gguf").symlink_to(brief)
    (tmp_path / "web.gguf").write_text("<!doctype html>" * 10)
    (tmp_path / "half.gguf").write_bytes(brief.read_bytes()[:2000])
    projector(tmp_path / "eyes.gguf")
    (tmp_path / "more.gguf.part").write_bytes(b"GGUF")
    assert [entry.name for entry in shelf.entries()] == ["good"]
    assert set(shelf.problems()) == {"web", "half", "eyes"}


def test_the_used_model_is_the_first_and_removing_it_forgets_that(brief, tmp_path):
    shelf = Shelf(tmp_path)
    for name in ("a", "b"):
        (tmp_path / f"{name}.gguf").write_bytes(brief.read_bytes())
    shelf.use("b")
    assert [entry.name for entry in shelf.entries()] == ["b", "a"]
    shelf.remove("b")
    assert shelf.used() == "" and [entry.name for entry in shelf.entries()] == ["a"]
    for missing in (lambda: shelf.remove("b"), lambda: shelf.use("b"), lambda: shelf.open("../a")):
        with pytest.raises(ShelfError):
            missing()


def test_names_come_from_files():
    assert name_for("Qwen3-4B-Q4_K_M.gguf") == "qwen3-4b-q4_k_m"
    assert name_for("My Model (1).GGUF") == "my-model-1"
    with pytest.raises(ShelfError):
        name_for("….gguf")


def test_the_list_is_of_files_that_never_change():
    for offer in curated.OFFERS:
        for file in filter(None, (offer.file, offer.projector)):
            assert file.url.startswith("https://") and "/resolve/main/" not in file.url
            assert len(file.sha256) == 64 and file.size > 10**8
        assert offer.memory > offer.size and offer.licence
    assert curated.best_for(0) == curated.OFFERS[0]
    assert curated.best_for(10**12).name == "qwen3-8b"
