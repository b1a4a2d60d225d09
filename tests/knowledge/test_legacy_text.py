"""Bytes of every encoding Vietnam has used: read, converted with a notice, or refused."""

import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bot.knowledge.legacy_text import Notice, UnreadableText, decode
from bot.knowledge.old_alphabets import from_mojibake, from_tcvn3, from_vni
from tests.knowledge.examples import CONTENT

PLAIN = "## Học xóa mù chữ ở đâu?\nBà con đến ủy ban xã, phường để được ghi tên. Lớp lúc 19:00.\n"

# What `iconv -t TCVN` and UniKey make of PLAIN, as a Windows editor shows it.
TCVN3 = "## Häc xãa mï ch÷ ë ®©u?\nBµ con ®Õn ñy ban x·, ph­êng ®Ó ®­îc ghi tªn. Líp lóc 19:00.\n"
VNI = "## Hoïc xoùa muø chöõ ôû ñaâu?\nBaø con ñeán uûy ban xaõ, phöôøng ñeå ñöôïc ghi teân. Lôùp luùc 19:00.\n"


def cp1258(text: str) -> bytes:
    """*text* as Windows-1258 has it: the tone after its letter."""
    raw = b""
    for letter in text:
        parts = unicodedata.normalize("NFD", letter)
        tone = "".join(part for part in parts if part in "\u0300\u0301\u0303\u0309\u0323")
        bare = unicodedata.normalize("NFC", "".join(part for part in parts if part not in tone))
        raw += (bare + tone).encode("cp1258")
    return raw


@pytest.mark.parametrize(
    ("raw", "notice"),
    [
        pytest.param(PLAIN.encode(), None, id="UTF-8"),
        pytest.param(PLAIN.encode("utf-8-sig"), None, id="UTF-8 with a mark of Notepad"),
        pytest.param(unicodedata.normalize("NFD", PLAIN).encode(), "nfd", id="UniKey's composed Unicode"),
        pytest.param(PLAIN.replace("\n", "\r\n").encode(), None, id="ends of lines of Windows"),
        pytest.param(PLAIN.replace("\n", "\r").encode(), None, id="ends of lines of an old Mac"),
        pytest.param(PLAIN.replace("chữ", "ch\u200bữ\ufeff").encode(), None, id="invisible characters"),
        pytest.param(PLAIN.encode("utf-16"), "utf16", id="Notepad's Unicode"),
        pytest.param(b"\xfe\xff" + PLAIN.encode("utf-16-be"), "utf16", id="the other way round"),
        pytest.param(cp1258(PLAIN), "cp1258", id="Windows-1258"),
        pytest.param(TCVN3.encode("cp1252"), "tcvn3", id="TCVN3"),
        pytest.param(TCVN3.encode(), "tcvn3", id="TCVN3 pasted into UTF-8"),
        pytest.param(VNI.encode("cp1252"), "vni", id="VNI"),
        pytest.param(VNI.encode(), "vni", id="VNI pasted into UTF-8"),
        pytest.param(PLAIN.encode().decode("latin-1").encode(), "mojibake", id="UTF-8 read as Latin-1"),
    ],
)
def test_reads(raw: bytes, notice: str | None) -> None:
    decoded = decode(raw)

    assert decoded.text == PLAIN
    assert [each.key for each in decoded.notices] == ([notice] if notice else [])


def test_converts_only_the_lines_that_were_pasted() -> None:
    decoded = decode(f"{PLAIN}Trả lời: {TCVN3.splitlines()[0]}\n".encode())

    assert decoded.text == f"{PLAIN}Trả lời: ## Học xóa mù chữ ở đâu?\n"
    assert decoded.notices == (
        Notice(
            "tcvn3",
            3,
            {
                "before": "Trả lời: ## Häc xãa mï ch÷ ë ®©u?",
                "after": "Trả lời: ## Học xóa mù chữ ở đâu?",
            },
        ),
    )


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("The café is naïve: £10, «hello», 10 µm, ©2026", id="English"),
        pytest.param("Ảnh 4×6, 25 °C, ½ ngày – “xong”…", id="signs"),
        pytest.param("hok bít lun á, e hỏi zậy thui nhá", id="teencode"),
        pytest.param("“ĐÔ THỊ”, “HỒ SƠ”, ĐÃ ÁP DỤNG", id="capitals beside quotes"),
        pytest.param("Đắk Lắk, Krông Pắc, Ea H’leo, Sóc Trăng, Trà Vinh", id="names of places"),
        pytest.param("Mình học tiếng 中文 và ភាសាខ្មែរ", id="other scripts"),
        pytest.param("", id="nothing"),
    ],
)
def test_leaves_alone(text: str) -> None:
    decoded = decode(text.encode())

    assert decoded.text == unicodedata.normalize("NFC", text)
    assert decoded.notices == ()


@pytest.mark.parametrize(
    ("raw", "key", "line"),
    [
        pytest.param(b"PK\x03\x04rest", "not_text", 1, id="a Word file"),
        pytest.param(b"\xd0\xcf\x11\xe0rest", "not_text", 1, id="an old Word file"),
        pytest.param(b"a\0b", "not_text", 1, id="bytes"),
        pytest.param(b"\xff\xfea", "not_text", 1, id="half of UTF-16"),
        pytest.param("a\nThe café\n".encode("cp1252"), "not_utf8", 2, id="French in Windows-1252"),
    ],
)
def test_refuses(raw: bytes, key: str, line: int) -> None:
    with pytest.raises(UnreadableText) as raised:
        decode(raw)

    assert (raised.value.key, raised.value.line) == (key, line)


@given(st.binary(max_size=200))
@example(b"\xad")
@settings(max_examples=300, deadline=None)
def test_no_bytes_break_it(raw: bytes) -> None:
    try:
        decoded = decode(raw)
    except UnreadableText:
        return

    assert unicodedata.is_normalized("NFC", decoded.text)
    assert "\r" not in decoded.text


def test_nothing_staff_wrote_is_taken_for_an_old_alphabet() -> None:
    paths = [path for path in CONTENT.rglob("*") if path.suffix in (".md", ".csv", ".yml")]

    assert len(paths) > 15
    for path in paths:
        assert decode(path.read_bytes()).notices == (), path


def test_the_shipped_answers_come_back_from_mojibake() -> None:
    for path in (CONTENT / "faq").glob("*.md"):
        text = path.read_text("utf-8")
        assert decode(text.encode().decode("latin-1").encode()).text == text, path


@pytest.mark.parametrize(
    ("old", "convert"),
    [
        pytest.param("µ¸¶·¹ ¨»¾¼½Æ ©ÇÊÈÉË ®", from_tcvn3, id="TCVN3"),
        pytest.param("aøaùaûaõaï aêaèaéaúaüaë aâaàaáaåaãaä ñ", from_vni, id="VNI"),
        pytest.param("Ã\xa0Ã¡áº£Ã£áº¡ Äƒáº±áº¯áº³áºµáº· Ã¢áº§áº¥áº©áº«áº\xad Ä‘", from_mojibake, id="mojibake"),
    ],
)
def test_every_letter_of_a_and_d(old: str, convert: object) -> None:
    assert callable(convert)
    assert convert(old) == "àáảãạ ăằắẳẵặ âầấẩẫậ đ"


def test_the_letters_of_vni_that_stand_alone() -> None:
    assert from_vni("ö öø ö ù ô ôù ì í æ ó ò î Ö ÑÖÔØNG Ñaëk Laék") == ("ư ừ ư ù ơ ớ ì í ỉ ĩ ị ỵ Ư ĐƯỜNG Đặk Lắk")
