"""What may keep an interpreter from reading a text is told by kind, with the line where it begins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.model.text_fault import text_faults

TEXT = "#!/bin/sh\n# Français\necho 1\n"

FAULTY = {
    "crlf": (TEXT.replace("\n", "\r\n").encode(), [("crlf", 1, "CRLF at the end of 3 lines")]),
    "one crlf": (b"a\nb\r\nc\n", [("crlf", 2, "CRLF at the end of 1 line")]),
    "cr": (b"a\rb\r", [("crlf", 1, "CR alone at the end of 2 lines")]),
    "bom": (TEXT.encode("utf-8-sig"), [("bom", 1, "the bytes ef bb bf before its first line")]),
    "bom and crlf": (
        b"\xef\xbb\xbfa\r\n",
        [
            ("bom", 1, "the bytes ef bb bf before its first line"),
            ("crlf", 1, "CRLF at the end of 1 line"),
        ],
    ),
    "latin-1": (
        TEXT.encode("latin-1"),
        [("encoding", 2, "the byte e7, which is no UTF-8 there")],
    ),
    "utf-16": (TEXT.encode("utf-16"), [("encoding", 1, "UTF-16 (little endian)")]),
    "utf-16-be": (
        TEXT.encode("utf-16-be"),
        [("encoding", 1, "UTF-16 (big endian), without a byte order mark")],
    ),
    "utf-16-le": (
        TEXT.encode("utf-16-le"),
        [("encoding", 1, "UTF-16 (little endian), without a byte order mark")],
    ),
    "utf-32": (TEXT.encode("utf-32"), [("encoding", 1, "UTF-32 (little endian)")]),
}


@pytest.mark.parametrize("name", FAULTY)
def test_each_kind_is_told_with_its_line(name):
    data, expected = FAULTY[name]
    assert [(one.kind, one.line, one.received) for one in text_faults(data)] == expected


@pytest.mark.parametrize("data", [b"", b"\n", b"a\rb\n", b"a\0b\n", TEXT.encode()])
def test_what_anything_can_read_has_none(data):
    assert list(text_faults(data)) == []


@given(st.binary())
def test_any_bytes_can_be_asked_about(data):
    for one in text_faults(data):
        assert 1 <= one.line <= data.count(b"\n") + 1
