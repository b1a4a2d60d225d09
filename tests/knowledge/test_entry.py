"""What an answer knows of itself."""

from datetime import date

import pytest

from bot.knowledge.entry import Source, Validity


@pytest.mark.parametrize(
    ("url", "public"),
    [
        pytest.param("https://lawnet.vn/a", True, id="a site"),
        pytest.param("http://www.moet.gov.vn/a", True, id="a ministry, plain http"),
        pytest.param("https://github.com/someone/laws/a.md", False, id="a mirror"),
        pytest.param("https://raw.githubusercontent.com/someone/a", False, id="the raw file of a mirror"),
        pytest.param("https://someone.github.io/laws", False, id="the page of a mirror"),
        pytest.param("https://notgithub.com/a", True, id="a name that only ends like the mirror"),
        pytest.param("", False, id="none"),
    ],
)
def test_citizens_are_never_sent_to_a_third_partys_mirror(url: str, public: bool) -> None:
    assert Source("TT 15/2025", "Bộ GD&ĐT", url).public_url == (url if public else None)


@pytest.mark.parametrize(
    ("start", "end", "holds"),
    [
        pytest.param(None, None, True, id="no ends"),
        pytest.param(date(2026, 11, 24), None, True, id="from today"),
        pytest.param(date(2026, 11, 25), None, False, id="from tomorrow"),
        pytest.param(None, date(2026, 11, 24), True, id="until today"),
        pytest.param(None, date(2026, 11, 23), False, id="until yesterday"),
    ],
)
def test_a_text_is_right_from_its_first_to_its_last_day(start: date | None, end: date | None, holds: bool) -> None:
    assert Validity(start, end).holds_on(date(2026, 11, 24)) is holds
