"""Light markup in every form it is shown in, and where it is cut."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.markup import split, telegram_length, to_html, to_plain, to_telegram_html

URL = "https://thuvienphapluat.vn/van-ban/Giao-duc/QD-1373(2021).aspx"
NOOPENER = 'rel="noopener noreferrer" target="_blank"'


@pytest.mark.parametrize(
    ("text", "telegram", "web", "plain"),
    [
        pytest.param("Chào bà con", "Chào bà con", "<p>Chào bà con</p>", "Chào bà con", id="words"),
        pytest.param(
            "**Hạn:** 30/6",
            "<b>Hạn:</b> 30/6",
            "<p><strong>Hạn:</strong> 30/6</p>",
            "Hạn: 30/6",
            id="bold",
        ),
        pytest.param("_ghi chú_.", "<i>ghi chú</i>.", "<p><em>ghi chú</em>.</p>", "ghi chú.", id="italic"),
        pytest.param(
            "gõ `/tim a_b_c`",
            "gõ <code>/tim a_b_c</code>",
            "<p>gõ <code>/tim a_b_c</code></p>",
            "gõ /tim a_b_c",
            id="code",
        ),
        pytest.param(
            f"[Quyết định 1373]({URL})",
            f'<a href="{URL}">Quyết định 1373</a>',
            f'<p><a href="{URL}" {NOOPENER}>Quyết định 1373</a></p>',
            f"Quyết định 1373: {URL}",
            id="link with brackets in its URL",
        ),
        pytest.param(
            "Xem https://moet.gov.vn/a_b_c.",
            "Xem https://moet.gov.vn/a_b_c.",
            f'<p>Xem <a href="https://moet.gov.vn/a_b_c" {NOOPENER}>https://moet.gov.vn/a_b_c</a>.</p>',
            "Xem https://moet.gov.vn/a_b_c.",
            id="bare URL",
        ),
        pytest.param(
            "[Tổng đài](tel:18001090)",
            "Tổng đài: 18001090",
            f'<p><a href="tel:18001090" {NOOPENER}>Tổng đài</a></p>',
            "Tổng đài: 18001090",
            id="telephone",
        ),
        pytest.param(
            "Mang theo:\n- căn cước\n- **đơn**\n\nGửi xã.",
            "Mang theo:\n• căn cước\n• <b>đơn</b>\n\nGửi xã.",
            "<p>Mang theo:</p><ul><li>căn cước</li><li><strong>đơn</strong></li></ul><p>Gửi xã.</p>",
            "Mang theo:\n- căn cước\n- đơn\n\nGửi xã.",
            id="list between paragraphs",
        ),
        pytest.param(
            "một\nhai\n\n\n\nba",
            "một\nhai\n\nba",
            "<p>một<br>hai</p><p>ba</p>",
            "một\nhai\n\nba",
            id="lines and paragraphs",
        ),
        pytest.param(
            "**đậm _và nghiêng_**",
            "<b>đậm <i>và nghiêng</i></b>",
            "<p><strong>đậm <em>và nghiêng</em></strong></p>",
            "đậm và nghiêng",
            id="one mark in another",
        ),
        pytest.param(
            '<b> & "x"',
            '&lt;b&gt; &amp; "x"',
            "<p>&lt;b&gt; &amp; &quot;x&quot;</p>",
            '<b> & "x"',
            id="what only looks like HTML",
        ),
        pytest.param("", "", "", "", id="nothing"),
    ],
)
def test_markup_is_shown_in_each_form(text: str, telegram: str, web: str, plain: str) -> None:
    assert to_telegram_html(text) == telegram
    assert to_html(text) == web
    assert to_plain(text) == plain


@pytest.mark.parametrize(
    "text",
    [
        "5 * 3",
        "5 ** 3 ** 2",
        "**mở mà không đóng",
        "đóng mà không mở**",
        "ten_file_a",
        "_ten_file_a",
        "một _ hai _ ba",
        "****",
        "`mở",
        "[a](b)",
        "[bấm](javascript:alert(1))",
        "[bấm](data:text/html;base64,AA==)",
        "a[1](2)",
        "-không phải danh sách",
        "**hai\ndòng**",
    ],
)
def test_what_is_no_mark_stays_text(text: str) -> None:
    assert to_plain(text) == text
    assert "<a" not in to_html(text)
    assert to_telegram_html(text) == text


def test_an_underline_around_a_name_with_underlines_is_one_mark() -> None:
    assert to_telegram_html("_ten_file_a_") == "<i>ten_file_a</i>"


def test_a_quotation_mark_cannot_leave_the_href() -> None:
    shown = to_html('[x](https://x.vn/"onmouseover="alert(1))')

    assert '"onmouseover' not in shown
    assert "&quot;onmouseover" in shown


def test_telegram_counts_what_is_shown_in_utf16_units() -> None:
    assert telegram_length("**a** [b](https://x.vn/long) < 😀") == len("a b < ") + 2


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        pytest.param("ngắn", ["ngắn"], id="short enough"),
        pytest.param("", [], id="nothing"),
        pytest.param("đoạn một\n\nđoạn hai là", ["đoạn một", "đoạn hai là"], id="paragraph"),
        pytest.param("dòng một\ndòng hai là", ["dòng một", "dòng hai là"], id="line"),
        pytest.param("Câu một. Câu hai là", ["Câu một.", "Câu hai là"], id="sentence"),
        pytest.param("mười hai ba bốn", ["mười hai ba", "bốn"], id="space"),
        pytest.param("a" * 26, ["a" * 12, "a" * 12, "aa"], id="no seam"),
        pytest.param("**một hai ba bốn**", ["**một hai**", "**ba bốn**"], id="mark opened again"),
        pytest.param("một [hai ba](https://x.vn) bốn", ["một", "[hai ba](https://x.vn)", "bốn"], id="link"),
    ],
)
def test_a_text_is_cut_at_its_best_seam(text: str, pieces: list[str]) -> None:
    limit = 22 if "](" in text else 12

    assert split(text, limit) == pieces


def test_a_letter_is_never_parted_from_its_tone() -> None:
    text = unicodedata.normalize("NFD", "ế" * 40)

    for piece in split(text, 16):
        assert unicodedata.combining(piece[0]) == 0


def test_twenty_thousand_characters_are_cut_into_whole_paragraphs() -> None:
    paragraph = "**Học tập** suốt đời là việc của [mọi người](https://x.vn). " * 8
    text = "\n\n".join([paragraph.strip()] * 45)

    pieces = split(text, 4096, telegram_length)

    assert len(text) > 20_000
    assert all(telegram_length(piece) <= 4096 for piece in pieces)
    assert "\n\n".join(pieces) == text


MARKED = st.text(st.sampled_from("aế😀 *_`[]()\n-.:/htps"), max_size=300)


@settings(max_examples=300, deadline=None)
@given(MARKED, st.integers(24, 80))
def test_every_piece_is_within_the_limit_and_no_word_is_lost(text: str, limit: int) -> None:
    pieces = split(text, limit, telegram_length)

    assert all(telegram_length(piece) <= limit for piece in pieces)
    letters = [letter for letter in text if letter.isalnum() or letter == "😀"]
    assert [letter for piece in pieces for letter in piece if letter.isalnum() or letter == "😀"] == letters


@settings(max_examples=300, deadline=None)
@given(MARKED)
def test_no_text_breaks_the_reader(text: str) -> None:
    assert to_html(text).count("<strong>") == to_html(text).count("</strong>")
    assert to_telegram_html(text).count("<i>") == to_telegram_html(text).count("</i>")
    to_plain(text)


@pytest.mark.parametrize("part", ["_a ", "**a ", "[a](https://", "`a", "[", "http://,", "(", "*", "[a](https://("])
def test_a_text_of_openings_costs_no_more_than_its_length(part: str) -> None:
    text = part * (20_000 // len(part))

    pieces = split(text, 4096, telegram_length)

    assert all(telegram_length(piece) <= 4096 for piece in pieces)
