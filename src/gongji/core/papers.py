"""Papers and signatures that prove a binding (证明材料与签名): what they are, and what is taken as one."""

import base64
import binascii
import hashlib
import re
from typing import Final
from xml.etree import ElementTree as ET

import msgspec

from gongji.core.refusal import Code, Refusal, refuse

MOST_PAPER: Final = 2 * 1024 * 1024
"""Largest paper in bytes; our own limit."""
MOST_PICTURE: Final = 200 * 1024
"""Largest picture of a signature in bytes; our own limit."""
MOST_TYPED: Final = 50
_MOST_SIDE: Final = 4096
_LEAST_STROKE: Final = 3
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_PNG_HEAD: Final = 24
_DRAWN: Final = re.compile(r"data:(image/png|image/svg\+xml);base64,([A-Za-z0-9+/=]+)", re.ASCII)
_NUMBERS: Final = re.compile(r"[\w\s.,+#%()-]*", re.ASCII)
_SHAPES: Final = frozenset({"svg", "g", "path", "polyline", "line"})
_ATTRIBUTES: Final = frozenset(
    {"d", "points", "x1", "y1", "x2", "y2", "viewBox", "width", "height", "fill", "stroke", "stroke-width"}
    | {"stroke-linecap", "stroke-linejoin", "transform", "version"}
)
_SVG: Final = "{http://www.w3.org/2000/svg}"


class Signature(msgspec.Struct, frozen=True, kw_only=True):
    """A signature under the commitment (签名): typed, or drawn and then a picture.

    Attributes:
        media_type: of the picture, or ``text/plain``.
        content: the picture, or the typed name in UTF-8.
    """

    media_type: str
    content: bytes

    @property
    def drawn(self) -> bool:
        """Whether it is a picture."""
        return self.media_type != "text/plain"

    @property
    def sha256(self) -> str:
        """Hash of the content, in hex."""
        return hashlib.sha256(self.content).hexdigest()


def paper_type(content: bytes) -> str | None:
    """Media type of a paper by its first bytes, or None when it is not taken: PNG, JPEG and PDF are."""
    if content.startswith(_PNG):
        return "image/png"
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    return "application/pdf" if content.startswith(b"%PDF-") else None


def paper_fault(content: bytes) -> Refusal | None:
    """Why a file is not taken as a paper."""
    if not content:
        return refuse(Code.PAPER_INVALID, field="content", what="文件是空的")
    if len(content) > MOST_PAPER:
        return refuse(Code.PAPER_INVALID, field="content", what=f"文件超过 {MOST_PAPER // 1024 // 1024} MB")
    if paper_type(content) is None:
        return refuse(Code.PAPER_INVALID, field="content", what="只收 PNG、JPEG 图片和 PDF 文件")
    return None


def read_signature(text: str) -> Signature | Refusal:
    """A signature as a form sends it: a typed name, a picture as a data address, or strokes of a pad as JSON.

    A pad sends lists of points ``[[[x, y], …], …]``; they become a picture here, so that every drawn signature is
    kept as one.
    """
    plain = text.strip()
    if not plain:
        return refuse(Code.COMMITMENT_NOT_SIGNED, field="signature")
    if plain.startswith("data:"):
        return _picture(plain)
    if plain.startswith("[["):
        return _strokes(plain)
    if len(plain) > MOST_TYPED:
        return _bad(f"姓名最多 {MOST_TYPED} 个字")
    return Signature(media_type="text/plain", content=plain.encode("utf-8", "replace"))


def _bad(what: str) -> Refusal:
    return refuse(Code.SIGNATURE_INVALID, field="signature", what=what)


def _picture(text: str) -> Signature | Refusal:
    matched = _DRAWN.fullmatch(text)
    if matched is None:
        return _bad("只收 PNG 或 SVG 图片")
    if len(matched[2]) > MOST_PICTURE * 4 // 3 + 4:
        return _bad(f"图片超过 {MOST_PICTURE // 1024} KB")
    try:
        content = base64.b64decode(matched[2], validate=True)
    except binascii.Error:
        return _bad("图片不完整，请重新签名")
    sound = _is_png(content) if matched[1] == "image/png" else _is_drawing(content)
    return Signature(media_type=matched[1], content=content) if sound else _bad("图片无法识别，请重新签名")


def _is_png(content: bytes) -> bool:
    if not content.startswith(_PNG) or len(content) < _PNG_HEAD or content[12:16] != b"IHDR":
        return False
    sides = (int.from_bytes(content[16:20], "big"), int.from_bytes(content[20:24], "big"))
    return all(0 < side <= _MOST_SIDE for side in sides)


def _is_drawing(content: bytes) -> bool:
    """Whether an SVG is lines and nothing else: no program, no text, nothing from elsewhere."""
    if b"<!" in content or b"<?" in content.removeprefix(b"<?xml"):
        return False
    try:
        root = ET.fromstring(content)  # noqa: S314 - without a document type there are no entities
    except ET.ParseError:
        return False
    shapes = [node.tag.removeprefix(_SVG) for node in root.iter()]
    written = [(key, value) for node in root.iter() for key, value in node.attrib.items()]
    plain = all(key in _ATTRIBUTES and _NUMBERS.fullmatch(value) for key, value in written)
    return root.tag == f"{_SVG}svg" and set(shapes) <= _SHAPES and len(shapes) > 1 and plain


def _strokes(text: str) -> Signature | Refusal:
    if len(text) > MOST_PICTURE:
        return _bad(f"图片超过 {MOST_PICTURE // 1024} KB")
    try:
        strokes = msgspec.json.decode(text, type=list[list[tuple[int, int]]])
    except msgspec.MsgspecError:
        return _bad("图片不完整，请重新签名")
    points = [point for stroke in strokes for point in stroke]
    if max((len(stroke) for stroke in strokes), default=0) < _LEAST_STROKE:
        return refuse(Code.COMMITMENT_NOT_SIGNED, field="signature")
    if any(abs(value) > _MOST_SIDE for point in points for value in point):
        return _bad("图片太大，请重新签名")
    lines = "".join(f'<polyline points="{" ".join(f"{x},{y}" for x, y in stroke)}"/>' for stroke in strokes)
    box = f"0 0 {max(x for x, _ in points) + 1} {max(y for _, y in points) + 1}"
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}" fill="none" stroke="black" stroke-width="3">'
    return Signature(media_type="image/svg+xml", content=f"{head}{lines}</svg>".encode())
