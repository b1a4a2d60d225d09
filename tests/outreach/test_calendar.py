"""The year's events, and what to send for them."""

from pathlib import Path

import pytest

from bot.outreach.broadcast import Forbidden
from bot.outreach.calendar import load_calendar, propose
from bot.outreach.working_days import is_holiday, is_working_day

CONTENT = Path(__file__).parents[2] / "content"


def test_the_shipped_calendar_proposes_the_year_2027() -> None:
    events = load_calendar(CONTENT / "calendar.csv")
    found = propose(events, 2027)

    assert {f"{each.at:%d/%m}" for each in found if each.event.campaign == "tuan-le-hoc-tap-suot-doi"} == {
        "20/09",
        "01/10",
    }
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert all(not is_holiday(each.at.date()) for each in found)
    officials = [each for each in found if each.event.audience.startswith("cán bộ")]
    assert officials and all(is_working_day(each.at.date()) for each in officials)
    assert all(each.at.year == 2027 and each.event.source for each in found)
    for each in events:
        assert not each.campaign or (CONTENT / "campaigns" / f"{each.campaign}.md").is_file()


def test_what_is_unconfirmed_is_not_in_it() -> None:
    text = (CONTENT / "calendar.csv").read_text("utf-8")

    assert "CHƯA XÁC MINH" not in text
    assert "15/10" not in text


def test_a_bad_line_is_named(tmp_path: Path) -> None:
    head = "mã,ngày,sự kiện,người nhận,chiến dịch,nhắc vào,cơ sở\n"
    for line, key in (("a,31/02,B,C,,01/01,D\n", "date"), ("a,b\n", "date")):
        (tmp_path / "calendar.csv").write_text(head + line, "utf-8")
        with pytest.raises(Forbidden, match=f"calendar.{key}"):
            load_calendar(tmp_path / "calendar.csv")
    (tmp_path / "calendar.csv").write_text("ngày,gì\n1/1,x\n", "utf-8")
    with pytest.raises(Forbidden, match=r"calendar\.columns"):
        load_calendar(tmp_path / "calendar.csv")
