"""A good file of answers, and ways to spoil it."""

from datetime import date
from pathlib import Path

CONTENT = Path(__file__).parents[2] / "content"
TODAY = date(2026, 11, 24)

GOOD = """\
# Xóa mù chữ

## Học xóa mù chữ ở đâu?
Mã: xmc-01
Tên ngắn: Nơi học xóa mù chữ
Dành cho: người dân, cán bộ
Hỏi cách khác:
- lop xoa mu chu o dau
- muốn học chữ thì đến chỗ nào
- mẹ em chưa biết chữ, đăng ký học ở đâu ạ
- cho e hỏi lớp xmc mở ở đâu z
- nguoi lon tuoi khong biet chu hoc o mo
- chua biet chu muon di hoc
Trả lời:
Bà con hỏi **UBND xã, phường** nơi mình ở.
Lưu ý: mang theo giấy tờ.
Nút bấm: Tìm trung tâm | Hỏi lại câu này = xmc-01
Hiệu lực: 01/07/2025 – 28/02/2027
Nguồn:
- TT 15/2025/TT-BGDĐT, Điều 5 | Bộ GD&ĐT | https://vanban.chinhphu.vn/tt-15
Kiểm tra ngày: 24/11/2026
Kiểm tra lại trước: 28/02/2027
"""

SECOND = """
## Lớp học tối mở lúc mấy giờ?
Mã: xmc-02
Tên ngắn: Giờ học lớp tối
Hỏi cách khác:
- may gio vao hoc
- buổi tối học từ mấy giờ
- lớp tối tan lúc nào z
- học đêm có muộn không
- gio hoc lop toi
- lớp đêm bắt đầu khi nào
Trả lời:
Lớp học từ 19:00.
Nguồn:
- KH 45/KH-UBND
Kiểm tra ngày: 24/11/2026
"""


def spoil(old: str, new: str, text: str = GOOD) -> str:
    """The good file with *old* replaced by *new*."""
    assert old in text
    return text.replace(old, new, 1)


FOLLOWED = spoil("Hiệu lực:", "Hỏi tiếp:\n- thế còn buổi tối | học đêm được không = xmc-01\nHiệu lực:")
"""The good file with a follow-up, in line 19."""


def write_content(folder: Path, **files: str | bytes) -> Path:
    """A content folder with the shipped lists and the FAQ *files* (``name="text"``); its faq folder."""
    for name in ("faults.yml", "repealed.csv", "abbreviations.csv", "jargon.csv"):
        (folder / name).write_bytes((CONTENT / name).read_bytes())
    faq = folder / "faq"
    faq.mkdir()
    for name, text in files.items():
        raw = text if isinstance(text, bytes) else text.encode()
        (faq / f"{name.replace('_', '-')}.md").write_bytes(raw)
    return faq
