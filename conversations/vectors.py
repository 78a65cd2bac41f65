"""What passages mean, as rows: a byte for each number, and the near ones of thousands found in milliseconds."""

import uuid
from collections.abc import Sequence
from heapq import nsmallest
from math import sqrt
from operator import mul

from .models import PassageVector

LARGEST = 127
BITS = 8
# So many are compared number by number. Which ones tell their signs alone: thousands of those take a millisecond, and
# thousands of vectors would take a tenth of a second.
COMPARED = 200


def packed(vector: Sequence[float]) -> tuple[bytes, bytes]:
    """Return the signs of a vector's numbers, a bit each, and the numbers as signed bytes: its direction alone."""
    most = max(map(abs, vector)) or 1
    # Divided first: a number near the largest there is times 127 would be no number.
    numbers = [round(number / most * LARGEST) for number in vector]
    signs = int("".join("1" if number > 0 else "0" for number in vector), 2)
    return signs.to_bytes(-(-len(numbers) // BITS)), bytes(number % 256 for number in numbers)


def row(file_id: uuid.UUID, position: int, vector: Sequence[float], *, model: str) -> PassageVector:
    """Return the new, unsaved vector of a passage."""
    signs, numbers = packed(vector)
    return PassageVector(file_id=file_id, position=position, model=model, signs=signs, numbers=numbers)


def nearest(
    vector: Sequence[float], *, model: str, files: Sequence[uuid.UUID], most: int
) -> list[tuple[uuid.UUID, int]]:
    """Return the passages of these files that are nearest to a vector of the same model, as (file, position)."""
    signs, numbers = packed(vector)
    wanted, asked = int.from_bytes(signs), _numbers(numbers)
    theirs = PassageVector.objects.filter(file__in=files, model=model).order_by()
    # A model of the same name may have got another number of dimensions.
    far = [
        ((int.from_bytes(kept) ^ wanted).bit_count(), key)
        for key, kept in theirs.values_list("pk", "signs")
        if len(kept) == len(signs)
    ]
    rows = PassageVector.objects.filter(pk__in=[key for _, key in nsmallest(COMPARED, far)])
    found = []
    for file, position, kept in rows.values_list("file", "position", "numbers"):
        if len(kept) == len(numbers):
            theirs_too = _numbers(kept)
            length = sqrt(sum(map(mul, theirs_too, theirs_too))) or 1
            found.append((-sum(map(mul, asked, theirs_too)) / length, position, file))
    return [(file, position) for _, position, file in nsmallest(most, found)]


def _numbers(kept: bytes | memoryview) -> memoryview:
    return memoryview(bytes(kept)).cast("b")
