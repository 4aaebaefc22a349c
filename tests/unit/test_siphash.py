"""SipHash against the official vectors."""

import pytest

from tensorgate import _core

from . import siphash_vectors

KEY = bytes(range(16))
MESSAGES = [bytes(range(length)) for length in range(64)]


@pytest.mark.parametrize(
    ("rounds", "size", "vectors"),
    [
        ((2, 4), 8, siphash_vectors.SIP_2_4_64),
        ((2, 4), 16, siphash_vectors.SIP_2_4_128),
        ((1, 3), 8, siphash_vectors.SIP_1_3_64),
    ],
)
def test_the_official_vectors(rounds, size, vectors):
    assert len(vectors) == len(MESSAGES)
    assert [_core._siphash(message, key=KEY, size=size, rounds=rounds).hex() for message in MESSAGES] == vectors


@pytest.mark.parametrize("size", [8, 16])
@pytest.mark.parametrize("first", range(10))
@pytest.mark.parametrize("second", range(10))
def test_pieces_are_hashed_as_one_message(first, second, size):
    message = MESSAGES[-1]
    pieces = message[:first], message[first : first + second], message[first + second :]
    assert _core._siphash(*pieces, key=KEY, size=size) == _core._siphash(message, key=KEY, size=size)


def test_the_length_counts_beyond_a_byte():
    zeros = {_core._siphash(bytes(length), key=KEY, size=8) for length in range(600)}
    assert len(zeros) == 600
