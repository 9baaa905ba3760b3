"""The codec against the vendor's boundary vectors, and against streams cut anywhere."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.routeros.words import (
    ProtocolError,
    SentenceReader,
    decode_length,
    encode_length,
    encode_sentence,
    readable,
)

VECTORS = [
    (0, "00"),
    (127, "7f"),
    (128, "80 80"),
    (16383, "bf ff"),
    (16384, "c0 40 00"),
    (2097151, "df ff ff"),
    (2097152, "e0 20 00 00"),
    (268435455, "ef ff ff ff"),
    (268435456, "f0 10 00 00 00"),
]
WORDS = st.text(min_size=1, max_size=200).filter(
    lambda text: not any("\ud800" <= c <= "\udfff" for c in text)
)


@pytest.mark.parametrize(("length", "prefix"), VECTORS)
def test_length_prefix_at_every_boundary(length: int, prefix: str) -> None:
    raw = bytes.fromhex(prefix)
    assert encode_length(length) == raw
    assert decode_length(raw, 0) == (length, len(raw))


@pytest.mark.parametrize(
    ("words", "raw"),
    [
        (
            ["/login", "=name=api", "=password=S3cret!"],
            "06 2f 6c 6f 67 69 6e 09 3d 6e 61 6d 65 3d 61 70 69"
            " 11 3d 70 61 73 73 77 6f 72 64 3d 53 33 63 72 65 74 21 00",
        ),
        (["!done"], "05 21 64 6f 6e 65 00"),
        (["!empty", ".tag=7"], "06 21 65 6d 70 74 79 06 2e 74 61 67 3d 37 00"),
    ],
)
def test_whole_sentences(words: list[str], raw: str) -> None:
    assert encode_sentence(words) == bytes.fromhex(raw)
    assert SentenceReader(1000).feed(bytes.fromhex(raw)) == [words]


@given(st.integers(min_value=0, max_value=2**32 - 1))
def test_every_length_survives(length: int) -> None:
    raw = encode_length(length)
    assert decode_length(raw, 0) == (length, len(raw))
    assert all(decode_length(raw[:cut], 0) is None for cut in range(len(raw)))
    assert decode_length(b"xx" + raw + b"rest", 2) == (length, len(raw))


@pytest.mark.parametrize("length", [-1, 2**32])
def test_lengths_without_prefix_are_refused(length: int) -> None:
    with pytest.raises(ValueError, match="word"):
        encode_length(length)


@given(
    st.lists(st.lists(WORDS, min_size=1, max_size=5), max_size=5), st.lists(st.integers(1, 40), max_size=60)
)
def test_sentences_survive_any_fragmentation(sentences: list[list[str]], cuts: list[int]) -> None:
    stream = b"\x00".join(encode_sentence(words) for words in sentences)
    reader, heard = SentenceReader(1 << 20), []
    for cut in cuts:
        heard += reader.feed(stream[:cut])
        stream = stream[cut:]
    heard += reader.feed(stream)
    assert heard == sentences


@pytest.mark.parametrize("length", [128, 16384, 2097152])
def test_long_words_of_each_range(length: int) -> None:
    word = "x" * length
    assert SentenceReader(1 << 22).feed(encode_sentence([word, "y"])) == [[word, "y"]]


def test_lone_zeros_are_ignored() -> None:
    assert SentenceReader(10).feed(b"\x00\x00\x00") == []


def test_control_byte_ends_the_stream() -> None:
    with pytest.raises(ProtocolError):
        SentenceReader(1000).feed(b"\xf8")


def test_cap_acts_on_the_announced_length() -> None:
    with pytest.raises(ProtocolError):
        SentenceReader(1000).feed(encode_length(1 << 28))


def test_cap_counts_all_words_of_a_sentence_and_starts_anew() -> None:
    reader = SentenceReader(10)
    assert reader.feed(encode_sentence(["12345", "67890"]) * 2) == [["12345", "67890"]] * 2
    with pytest.raises(ProtocolError):
        reader.feed(encode_sentence(["12345", "678901"]))


@given(st.binary(min_size=1, max_size=60))
def test_bytes_that_are_not_utf8_come_out_unchanged(raw: bytes) -> None:
    stream = encode_length(len(raw)) + raw + b"\x00"
    [[word]] = SentenceReader(1000).feed(stream)
    assert encode_sentence([word]) == stream
    assert readable(word).encode("utf-8") is not None


def test_windows_text_is_readable() -> None:
    [[word]] = SentenceReader(1000).feed(b"\x04Caf\xe9\x00")
    assert readable(word) == "Café"
