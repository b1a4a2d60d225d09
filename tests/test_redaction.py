"""What is kept of a question tells what is asked, and not who asks."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.redaction import MARK, redact


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        pytest.param(
            "Tôi tên là Nguyễn Văn An, học bổ túc ở đâu?", f"Tôi tên là {MARK}, học bổ túc ở đâu?", id="a name"
        ),
        pytest.param("em tên hoa muốn học nghề", f"em tên {MARK} muốn học nghề", id="a name in small letters"),
        pytest.param(
            "toi ten la nguyen van an hoi lop xoa mu chu", f"toi ten la {MARK} hoi lop xoa mu chu", id="no signs"
        ),
        pytest.param(
            "Trần Thị Bé Năm có được học không", f"{MARK} có được học không", id="a surname and capitals"
        ),
        pytest.param("cho hỏi cô Lan dạy lớp nào", f"cho hỏi cô {MARK} dạy lớp nào", id="a title"),
        pytest.param("ba le thi hoa chua biet chu", f"ba {MARK} chua biet chu", id="thi after a surname"),
        pytest.param("gọi em 0912 345 678 nhé", f"gọi em {MARK} nhé", id="a phone"),
        pytest.param("sdt +84912345678", f"sdt {MARK}", id="a phone from abroad"),
        pytest.param("CCCD 012345678901 có cần không", f"CCCD {MARK} có cần không", id="an identity card"),
        pytest.param("thư an.nguyen@gmail.com đúng không", f"thư {MARK} đúng không", id="an e-mail"),
        pytest.param("nhà 12/3 đường Lê Lợi", f"nhà {MARK} {MARK}", id="a house"),
        pytest.param("zalo @an_nguyen", f"zalo {MARK}", id="a nickname"),
    ],
)
def test_what_tells_who_asks_is_taken_out(said: str, kept: str) -> None:
    assert redact(said) == kept


@pytest.mark.parametrize(
    "said",
    [
        pytest.param("học bổ túc lớp 9 mất mấy năm", id="a grade"),
        pytest.param("mục tiêu 2030 của QĐ 1373/QĐ-TTg", id="a year and a law"),
        pytest.param("lớp ở Hồ Chí Minh và Lâm Đồng", id="places that begin like surnames"),
        pytest.param("Hà Nội có thành phố học tập không", id="a place"),
        pytest.param("cô giáo dạy lớp nào", id="a title without a name"),
        pytest.param("em là cán bộ xã, báo cáo nộp khi nào", id="a job"),
        pytest.param("Hồ sơ gồm những gì", id="a word like a surname"),
        pytest.param("Bà con đăng ký ở đâu", id="the way one is addressed"),
    ],
)
def test_what_is_asked_stays(said: str) -> None:
    assert redact(said) == said


@given(st.text(max_size=400))
def test_whatever_is_said_no_long_number_stays(said: str) -> None:
    kept = redact(said + " 0912345678 " + said)

    assert "0912345678" not in kept
    assert len(kept) <= 300
    assert "\n" not in kept
