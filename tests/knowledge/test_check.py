"""Every fault content can have: on which line it is found, and the sentence staff read."""

import re
from datetime import date
from pathlib import Path

import pytest

from bot.knowledge.check import check
from bot.knowledge.fault import Fault, Place, Severity, describe, read_sentences
from bot.knowledge.hoi_dap import read
from bot.knowledge.library import ContentError, load
from bot.knowledge.rules import Rules, read_abbreviations, read_jargon, read_repealed
from tests.knowledge.examples import CONTENT, FOLLOWED, GOOD, SECOND, TODAY, spoil, write_content

SENTENCES = read_sentences(CONTENT)


def shipped_rules() -> Rules:
    """The lists the content is checked by."""
    faults: list[Fault] = []
    repealed, excuses = read_repealed((CONTENT / "repealed.csv").read_text("utf-8"), faults)
    known = read_abbreviations((CONTENT / "abbreviations.csv").read_text("utf-8"), faults)
    jargon = read_jargon((CONTENT / "jargon.csv").read_text("utf-8"), faults)
    assert faults == []
    return Rules(repealed, excuses, known, jargon)


RULES = shipped_rules()


def find(text: str, today: date = TODAY) -> list[Fault]:
    """What reader and checker find in a file of *text*."""
    reading = read(text, "a.md")
    return [*reading.faults, *check(reading.answers, today, RULES)]


def test_a_good_file_has_no_fault() -> None:
    assert find(GOOD + SECOND) == []


ALONE = spoil(" | Hỏi lại câu này = xmc-01", "")
ERRORS = [
    ("no_title", spoil("# Xóa mù chữ\n", "\n"), 1, "Tệp chưa có tên chủ đề. Hãy thêm dòng đầu tiên"),
    (
        "second_title", GOOD + SECOND.replace("## L", "# L"), 24,
        "Mỗi tệp chỉ có một dòng bắt đầu bằng một dấu thăng. Nếu “Lớp học tối mở lúc mấy giờ?” là câu hỏi, "
        "hãy thêm một dấu thăng nữa: ## Lớp học tối mở lúc mấy giờ?",
    ),
    ("heading_level", spoil("Trả lời:", "### Phần\nTrả lời:"), 14, "Dòng “Phần” có quá nhiều dấu thăng."),
    ("no_questions", "# Xóa mù chữ\n", 1, "Tệp chưa có câu hỏi nào. Câu hỏi bắt đầu bằng hai dấu thăng"),
    ("no_question", spoil("Học xóa mù chữ ở đâu?", ""), 3, "Sau hai dấu thăng chưa có câu hỏi."),
    ("before_question", spoil("\n## ", "\nMã: x\n## "), 3, "Dòng “Mã: x” đứng trước câu hỏi đầu tiên."),
    ("no_label", spoil("\nMã:", "\nbà con hỏi\nMã:"), 4, "Dòng “bà con hỏi” không thuộc nhãn nào."),
    ("no_label", spoil("Nguồn:", "abc\nNguồn:"), 19, "Dòng “abc” không thuộc"),
    (
        "unknown_label", spoil("Trả lời:", "Trả lưòi:"), 14,
        "Không hiểu nhãn “Trả lưòi:”. Có phải ý anh/chị là “Trả lời:”? Hãy sửa lại dòng này.",
    ),
    ("unknown_label", spoil("Nguồn:", "Nguồm:"), 19, "Có phải ý anh/chị là “Nguồn:”?"),
    ("unknown_label", spoil("Nút bấm:", "Nút bấn:"), 17, "Có phải ý anh/chị là “Nút bấm:”?"),
    (
        "strange_label", spoil("Tên ngắn:", "Tác giả: An\nTên ngắn:"), 5,
        "Không có nhãn “Tác giả:”. Các nhãn: Mã",
    ),
    (
        "label_twice", spoil("Nguồn:", "Mã: xmc-01\nNguồn:"), 19,
        "Nhãn “Mã:” đã có ở dòng 4. Hãy xóa một nhãn",
    ),
    (
        "missing_code", spoil("Mã: xmc-01\n", "", ALONE), 3,
        "Câu hỏi này thiếu mã. Hãy thêm dòng, ví dụ: Mã: xmc-41",
    ),
    ("missing_short_title", spoil("Nơi học xóa mù chữ", ""), 5, "Câu hỏi này thiếu tên ngắn."),
    ("missing_text", re.sub("Trả lời:\n.*\n.*\n", "", GOOD), 3, "Câu hỏi này thiếu câu trả lời."),
    ("missing_sources", re.sub("Nguồn:\n.*\n", "", GOOD), 3, "Câu hỏi này thiếu nguồn."),
    ("missing_checked_on", spoil("Kiểm tra ngày: 24/11/2026\n", ""), 3, "Câu hỏi này thiếu ngày kiểm tra."),
    ("bad_code", spoil("xmc-01", "câu 1", ALONE), 4, "Mã “câu 1” không đúng. Mã gồm chữ thường không dấu"),
    ("bad_code", spoil("xmc-01", "handover", ALONE), 4, "Mã “handover” không đúng."),
    ("unknown_audience", spoil("cán bộ", "cán bô xã"), 6, "Không hiểu “cán bô xã” ở nhãn “Dành cho:”."),
    (
        "unknown_button", spoil("Tìm trung tâm |", "Lớp gần tôi |"), 17,
        "Không có nút “Lớp gần tôi”. Hãy dùng Tìm trung tâm, Gặp cán bộ, Nhận thông báo, Trang chủ, "
        "hoặc ghi mã của câu trả lời: Lớp gần tôi = xmc-02",
    ),
    (
        "bad_button_code", spoil("= xmc-01", "= câu hai"), 17,
        "Nút “Hỏi lại câu này” dẫn đến “câu hai”, không phải",
    ),
    ("button_without_label", spoil("Hỏi lại câu này =", "="), 17, "Nút “= xmc-01” chưa có tên."),
    (
        "bad_date", spoil("Kiểm tra ngày: 24/11/2026", "Kiểm tra ngày: 24/13/2026"), 21,
        "Ngày “24/13/2026” không đúng. Hãy viết kiểu ngày/tháng/năm, ví dụ 01/06/2026.",
    ),
    ("bad_date", spoil("28/02/2027\nNguồn", "29/02/2027\nNguồn"), 18, "Ngày “29/02/2027” không đúng."),
    ("bad_date", spoil("trước: 28/02/2027", "trước: tháng 2"), 22, "Ngày “tháng 2” không đúng."),
    (
        "bad_validity", spoil(" – 28/02/2027", ""), 18,
        "Không hiểu hiệu lực “01/07/2025”. Hãy viết: 01/06/2026 –",
    ),
    (
        "ends_before_it_starts", spoil("01/07/2025 –", "01/07/2028 –"), 18,
        "Hiệu lực “01/07/2028 – 28/02/2027” kết thúc trước khi bắt đầu. Hãy đổi lại hai ngày.",
    ),
    (
        "bad_source", spoil("| Bộ GD&ĐT |", "| Bộ | GD&ĐT |"), 20,
        "có quá ba phần. Hãy viết: - Số hiệu văn bản",
    ),
    ("unsourced", spoil("TT 15/2025/TT-BGDĐT, Điều 5 | Bộ GD&ĐT | ", ""), 20, "chưa có tên văn bản."),
    (
        "bad_url", spoil("https://vanban.", "vanban."), 20,
        "Đường dẫn “vanban.chinhphu.vn/tt-15” không đúng.",
    ),
    (
        "bad_url", spoil("https://vanban.chinhphu.vn/", "https://van ban.vn/"), 20,
        "Đường dẫn “https://van ban.vn/tt-15”",
    ),
    (
        "bad_url", spoil("https://vanban.chinhphu.vn/tt-15", "https://[x"), 20,
        "Đường dẫn “https://[x” không đúng.",
    ),
    (
        "code_twice", GOOD + SECOND.replace("xmc-02", "xmc-01"), 25,
        "Mã “xmc-01” trùng với câu ở a.md:4. Hãy đặt mã khác.",
    ),
    (
        "title_twice", GOOD + SECOND.replace("Giờ học lớp tối", "NƠI HOC xóa mù chữ"), 26,
        "Tên ngắn “NƠI HOC xóa mù chữ” trùng với câu ở a.md:5.",
    ),
    (
        "wording_twice", GOOD + SECOND.replace("học đêm có muộn không", "Lớp xóa mù chữ ở đâu?"), 31,
        "Câu “Lớp xóa mù chữ ở đâu?” đã có ở a.md:8 (không kể chữ hoa và dấu). Hãy xóa một nơi",
    ),
    ("wording_twice", spoil("- cho e", "- muon hoc chu thi den cho nao\n- cho e"), 11, "đã có ở a.md:9"),
    (
        "wording_twice", GOOD + SECOND.replace("gio hoc lop toi", "hoc xoa mu chu o dau"), 32,
        "đã có ở a.md:3",
    ),
    (
        "wording_twice", GOOD + SECOND.replace("Lớp học tối mở lúc mấy giờ?", "Học xóa mù chữ ở đâu?"), 24,
        "a.md:3",
    ),
    (
        "few_wordings", re.sub("- cho e.*\n- nguoi.*\n", "", GOOD), 8,
        "Mới có 4 cách hỏi khác. Hãy thêm cho đủ 6, mỗi cách một dòng bắt đầu bằng “- ”.",
    ),
    (
        "button_to_nowhere", spoil("= xmc-01", "= xmc-99"), 17,
        "Nút “Hỏi lại câu này” dẫn đến mã “xmc-99”, nhưng không có",
    ),
    (
        "bad_follow_up", spoil("= xmc-01\nHiệu", "là xmc-01\nHiệu", FOLLOWED), 19,
        "Dòng hỏi tiếp “thế còn buổi tối | học đêm được không là xmc-01” chưa đúng. Hãy viết: - cụm từ",
    ),
    ("bad_follow_up", spoil("không = xmc-01", "không = câu hai", FOLLOWED), 19, "chưa đúng. Hãy viết: - cụm từ"),
    ("empty_follow_up", spoil("tối | học", "tối | | học", FOLLOWED), 19, "có chỗ chưa có chữ."),
    (
        "empty_follow_up", spoil("thế còn buổi tối | học đêm được không", "", FOLLOWED), 19,
        "“= xmc-01” có chỗ chưa có chữ.",
    ),
    (
        "follow_up_to_nowhere", spoil("không = xmc-01", "không = xmc-99", FOLLOWED), 19,
        "Hỏi tiếp dẫn đến mã “xmc-99”, nhưng không có câu nào mang mã này.",
    ),
    (
        "follow_up_twice", spoil("Hiệu lực:", "- vậy | HOC ĐÊM được không = xmc-01\nHiệu lực:", FOLLOWED), 20,
        "Cụm “HOC ĐÊM được không” đã có ở dòng 19 của câu này",
    ),
    ("many_buttons", spoil("Nút bấm:", "Nút bấm: Trang chủ | Gặp cán bộ |"), 17, "Có 4 nút, nhiều quá 3."),
    (
        "long_button", spoil("Hỏi lại câu này", "Hỏi lại câu này một lần nữa cho thật là rõ"), 17,
        "dài 42 ký tự, quá 40.",
    ),
    (
        "long_title", spoil("Nơi học xóa mù chữ", "Nơi học " + "a" * 33), 5,
        "dài 41 ký tự, quá 40, không vừa nút bấm.",
    ),
    (
        "long_text", spoil("Lưu ý:", "a. " * 500 + "Lưu ý:"), 15,
        "quá 1500. Hãy rút gọn hoặc tách thành hai câu hỏi.",
    ),
    (
        "long_detail", spoil("Nút bấm:", "Chi tiết:\n" + "a. " * 1001 + "\nNút bấm:"), 18,
        "Phần chi tiết dài 3002 ký tự, quá 3000.",
    ),
    (
        "gone", spoil("Nút bấm:", "Chi tiết: Đủ.\nNộp lên Phòng GD&ĐT.\nNút bấm:"), 18,
        "“Nộp lên Phòng GD&ĐT.” nhắc Phòng GD&ĐT cấp huyện như đang còn.",
    ),
    ("bad_url", spoil("Lưu ý:", "Vào www.moet.gov.vn. Lưu ý:"), 16, "Đường dẫn “www.moet.gov.vn” không đúng."),
    (
        "bad_phone_in_text", spoil("Lưu ý:", "Gọi 024 3869 514. Lưu ý:"), 16,
        "Số điện thoại “024 3869 514” không đúng. Số máy bàn có 11 chữ số",
    ),
    (
        "gone", spoil("Lưu ý: mang", "Nộp lên Phòng GD&ĐT. Lưu ý: mang"), 16,
        "“Nộp lên Phòng GD&ĐT.” nhắc Phòng GD&ĐT cấp huyện như đang còn. Nay là Phòng Văn hóa – Xã hội",
    ),
    ("gone", spoil("Lưu ý: mang", "Theo Thông tư 44 năm 2014. Lưu ý:"), 16, "Nay là TT 25/2023/TT-BGDĐT."),
    (
        "gone", spoil("Lưu ý: mang", "Tính theo 63 tỉnh."), 16,
        "nhắc 63 tỉnh, thành phố như đang còn. Nay là 34 tỉnh",
    ),
    (
        "gone", spoil("Lưu ý: mang", "Ở tỉnh Hải Dương."), 16,
        "nhắc tỉnh Hải Dương như đang còn. Nay là TP Hải Phòng.",
    ),
]  # fmt: skip
WARNINGS = [
    (
        "expired", spoil("28/02/2027", "23/11/2026"), 18,
        "Câu xmc-01 đã hết hiệu lực ngày 23/11/2026; máy không trả lời",
    ),
    ("expires_soon", spoil("28/02/2027", "23/01/2027"), 18, "Câu xmc-01 hết hiệu lực ngày 23/01/2027."),
    (
        "review_soon", spoil("trước: 28/02/2027", "trước: 01/12/2026"), 22,
        "Câu xmc-01 cần kiểm tra lại trước ngày 01/12/2026.",
    ),
    (
        "checked_in_future", spoil("ngày: 24/11/2026", "ngày: 25/11/2026"), 21,
        "Ngày kiểm tra 25/11/2026 của câu xmc-01 chưa",
    ),
    (
        "long_sentence", spoil("Lưu ý:", "Lưu ý " * 12 + ":"), 16,
        "dài 28 tiếng, quá 25. Nên tách thành hai câu",
    ),
    (
        "long_sentence", spoil("Nút bấm:", "Chi tiết:\n" + "Điều " * 41 + "\nNút bấm:"), 18,
        "dài 41 tiếng, quá 40. Nên",
    ),
    (
        "long_sentence", spoil("Lưu ý:", "Lưu ý " * 20 + ":", spoil("người dân, cán bộ", "cán bộ")), 16,
        "dài 44 tiếng, quá 40. Nên",
    ),
    (
        "jargon", spoil("Lưu ý: mang", "Hỏi cơ quan có thẩm quyền. Lưu ý: mang"), 16,
        "“cơ quan có thẩm quyền” là chữ của cơ quan. Nói cho dễ hiểu: cơ quan được quyền quyết định.",
    ),
    ("mobile_in_text", spoil("Lưu ý:", "Gọi 0912 345 678. Lưu ý:"), 16, "Số “0912 345 678” là di động"),
    ("unknown_abbreviation", spoil("Lưu ý:", "Hỏi BQLX:"), 16, "Chữ tắt “BQLX” bà con có thể không hiểu."),
]  # fmt: skip


@pytest.mark.parametrize(
    ("key", "text", "line", "sentence", "severity"),
    [
        pytest.param(*row, severity, id=f"{row[0]}-{number}")
        for severity, rows in ((Severity.ERROR, ERRORS), (Severity.WARNING, WARNINGS))
        for number, row in enumerate(rows)
    ],
)
def test_finds_just_this_fault(key: str, text: str, line: int, sentence: str, severity: Severity) -> None:
    found = find(text)

    assert [(fault.key, fault.line, fault.severity) for fault in found] == [(key, line, severity)]
    assert describe(found[0], SENTENCES).startswith(f"a.md:{line}: ")
    assert sentence in describe(found[0], SENTENCES)


@pytest.mark.parametrize(
    ("sentence", "current"),
    [
        pytest.param("Hồ sơ nộp ở Phòng GD&ĐT.", True, id="an office that is gone"),
        pytest.param("Hồ sơ nộp ở phòng giáo dục và đào tạo.", True, id="its name in full, lower case"),
        pytest.param("Phòng GD&ĐT nay không còn.", False, id="said to be gone"),
        pytest.param("Trước đây nộp ở Phòng GD&ĐT.", False, id="said to be past"),
        pytest.param("TT 24/2023 thay TT 22/2020.", False, id="said to be replaced"),
        pytest.param("Em thấy TT 22/2020 quy định rõ.", True, id="thấy is not thay"),
        pytest.param("Căn cứ TT 44/2014, xã chấm điểm.", True, id="cứ is not cũ"),
        pytest.param("Cả nước có 63 tỉnh, thành.", True, id="as many provinces as there were"),
        pytest.param("Đạt 55/63 tỉnh cũ.", False, id="so many of the old provinces"),
        pytest.param("Hòa Bình là thành phố học tập.", False, id="a name that is also a word"),
        pytest.param("TT 44/2014. Thông tư này đã bãi bỏ.", True, id="excused in the next sentence only"),
        pytest.param("Sở Giáo dục và Đào tạo nhận hồ sơ.", False, id="an office that stays"),
    ],
)
def test_what_is_gone_may_only_be_named_as_past(sentence: str, current: bool) -> None:
    found = find(spoil("Lưu ý: mang theo giấy tờ.", sentence))

    assert [fault.key for fault in found] == ["gone"] * current


def test_a_thing_met_by_two_names_is_told_of_once() -> None:
    found = find(spoil("Lưu ý: mang theo giấy tờ.", "Nộp ở Phòng Giáo dục cấp huyện, tỉnh Hà Nam."))

    assert [fault.arguments["name"] for fault in found] == [
        "Phòng GD&ĐT cấp huyện",
        "cấp huyện",
        "tỉnh Hà Nam",
    ]


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        pytest.param("UBND xã và TTHTCĐ", [], id="known ones"),
        pytest.param("Học tại HTXNN của xã, HTXNN mới", ["HTXNN"], id="unknown, told once"),
        pytest.param("Hợp tác xã nông nghiệp (HTXNN) và HTXNN khác", [], id="explained in the text"),
        pytest.param("Giai đoạn II và KHÔNG phải III", [], id="numbers and words"),
    ],
)
def test_an_abbreviation_is_known_or_explained(text: str, unknown: list[str]) -> None:
    assert RULES.unknown_abbreviations(text) == unknown


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("Tiến hành làm.", ["tiến hành"], id="whatever the case"),
        pytest.param("Có nhu cầu thì đến.", ["có nhu cầu"], id="a phrase"),
        pytest.param("Cô nhu cầu gì.", [], id="other diacritics, other words"),
        pytest.param("Trường hợp có nhu cầu.", ["trường hợp có nhu cầu"], id="the longest only"),
    ],
)
def test_words_of_offices_are_told_with_plain_ones(text: str, told: list[str]) -> None:
    assert [each.phrase for each in RULES.jargon_in(text)] == told


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        pytest.param("cụm từ,là gì,nay là\nTT 1/2001,TT 1/2001,TT 2/2002\n", [], id="commas"),
        pytest.param("Cum tu;La gi;Nay la\nTT 1/2001;TT 1/2001;TT 2/2002\n", [], id="semicolons of Excel"),
        pytest.param("cụm từ,nay là\na,b\n", [(1, "no_column")], id="a missing column"),
        pytest.param("cụm từ,là gì,nay là\n\nTT 1/2001,TT 1/2001\n", [(3, "half_a_row")], id="half a row"),
        pytest.param("", [(1, "no_column")] * 3, id="an empty file"),
    ],
)
def test_the_list_of_what_is_gone_comes_from_excel(text: str, faults: list[tuple[int, str]]) -> None:
    found: list[Fault] = []
    repealed, _ = read_repealed(text, found)

    assert [(fault.line, fault.key) for fault in found] == faults
    assert bool(repealed) is (not faults)


def test_a_sentence_that_was_spoilt_still_shows_the_fault() -> None:
    fault = Fault("a.md", 3, "bad_code", {"code": "x"})

    assert describe(fault, {"bad_code": "Mã {ma} sai"}) == "a.md:3: bad_code code=x"
    assert describe(fault, {"bad_code": "Mã {code sai"}) == "a.md:3: bad_code code=x"
    assert describe(fault, {}) == "a.md:3: bad_code code=x"


def test_all_faults_are_told_at_once_by_file_and_line(tmp_path: Path) -> None:
    bad = spoil("Trả lời:", "Trả lưòi:", spoil("Mã: xmc-01", "Mã: một", ALONE))
    faq = write_content(tmp_path, b=bad, a=SECOND)

    with pytest.raises(ContentError) as raised:
        load(faq, TODAY)

    assert [(fault.file, fault.line, fault.key) for fault in raised.value.faults] == [
        ("faq/a.md", 1, "no_title"),
        ("faq/b.md", 4, "bad_code"),
        ("faq/b.md", 14, "unknown_label"),
    ]


def test_what_stands_in_two_files_is_found(tmp_path: Path) -> None:
    other = "# Khác\n" + SECOND.replace("xmc-02", "xmc-01").replace("may gio vao hoc", "LOP XOA MU CHU o dau?")
    faq = write_content(tmp_path, b=other, a=GOOD)

    with pytest.raises(ContentError) as raised:
        load(faq, TODAY)

    assert [(fault.file, fault.line, fault.key) for fault in raised.value.faults] == [
        ("faq/b.md", 4, "code_twice"),
        ("faq/b.md", 7, "wording_twice"),
    ]
    assert raised.value.faults[1].arguments["at"] == Place("faq/a.md", 8)


def test_every_sentence_of_staff_files_is_told_in_some_test() -> None:
    """A new fault comes with its line and its sentence tested, here or with the files."""
    written = (CONTENT / "faults.yml").read_text("utf-8").partition("# Tệp và thư mục")[2].partition("# Bảng")[0]
    keys = set(re.findall(r"^(\w+):", written, re.MULTILINE))
    tests = "".join(path.read_text("utf-8") for path in Path(__file__).parents[1].glob("*/test_*.py"))

    def is_told(key: str) -> bool:
        pieces = re.split(r"\{\w+\}", SENTENCES[key])
        return (
            f'"{key}"' in tests
            or f"['{key}']" in tests
            or any(len(piece.strip()) >= 10 and piece.strip()[:10] in tests for piece in pieces)
        )

    assert {key for key in keys if not is_told(key)} == set()
