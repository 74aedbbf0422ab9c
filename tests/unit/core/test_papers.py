"""What is taken as a signature or a paper."""

import base64

import pytest

from gongji.core.papers import MOST_PAPER, Signature, paper_fault, paper_type, read_signature
from gongji.core.refusal import Code, Refusal

PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + (300).to_bytes(4, "big") + (120).to_bytes(4, "big") + b"\x08\x02"
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><polyline points="1,1 2,2 3,5"/></svg>'


def data(kind: str, content: bytes) -> str:
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


@pytest.mark.parametrize(
    ("text", "media_type", "content"),
    [
        (" 李明 ", "text/plain", "李明".encode()),
        (data("image/png", PNG), "image/png", PNG),
        (data("image/svg+xml", SVG), "image/svg+xml", SVG),
    ],
)
def test_a_signature_is_typed_or_drawn(text: str, media_type: str, content: bytes) -> None:
    """KIN-32, KIN-39."""
    read = read_signature(text)
    assert isinstance(read, Signature)
    assert (read.media_type, read.content, read.drawn) == (media_type, content, media_type != "text/plain")


def test_strokes_of_a_pad_become_a_picture() -> None:
    read = read_signature("[[[1,2],[3,4],[5,9]],[[7,7]]]")
    assert isinstance(read, Signature)
    assert read.media_type == "image/svg+xml"
    assert read_signature(data("image/svg+xml", read.content)) == read


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", Code.COMMITMENT_NOT_SIGNED),
        ("  ", Code.COMMITMENT_NOT_SIGNED),
        ("[[[1,2]]]", Code.COMMITMENT_NOT_SIGNED),
        ("[[", Code.SIGNATURE_INVALID),
        ("[[[1,99999999],[2,2],[3,3]]]", Code.SIGNATURE_INVALID),
        ("名" * 51, Code.SIGNATURE_INVALID),
        (data("image/png", SVG), Code.SIGNATURE_INVALID),
        (data("image/png", PNG[:20]), Code.SIGNATURE_INVALID),
        (data("image/png", PNG[:16] + (99999).to_bytes(4, "big") + PNG[20:]), Code.SIGNATURE_INVALID),
        (data("image/gif", b"GIF89a"), Code.SIGNATURE_INVALID),
        ("data:image/png;base64,@@@", Code.SIGNATURE_INVALID),
        (data("image/png", PNG + b"x" * 300_000), Code.SIGNATURE_INVALID),
        (data("image/svg+xml", SVG.replace(b"<polyline", b"<script>1</script><polyline")), Code.SIGNATURE_INVALID),
        (data("image/svg+xml", SVG.replace(b"<polyline", b'<polyline onload="x"')), Code.SIGNATURE_INVALID),
        (
            data("image/svg+xml", SVG.replace(b"<polyline", b'<image href="http://x"/><polyline')),
            Code.SIGNATURE_INVALID,
        ),
        (data("image/svg+xml", b"<!DOCTYPE x [<!ENTITY a 'b'>]>" + SVG), Code.SIGNATURE_INVALID),
        (data("image/svg+xml", b"<svg/>"), Code.SIGNATURE_INVALID),
    ],
)
def test_what_is_no_signature_is_refused(text: str, code: Code) -> None:
    read = read_signature(text)
    assert isinstance(read, Refusal)
    assert read.code is code


def test_papers_are_pictures_or_pdf_of_a_size() -> None:
    """KIN-47."""
    assert [paper_type(c) for c in (PNG, b"\xff\xd8\xff\xe0", b"%PDF-1.7", b"MZ", b"")] == [
        "image/png",
        "image/jpeg",
        "application/pdf",
        None,
        None,
    ]
    assert paper_fault(PNG) is None
    for bad in (b"", b"MZ", PNG + b"x" * MOST_PAPER):
        refused = paper_fault(bad)
        assert refused is not None
        assert refused.code is Code.PAPER_INVALID
