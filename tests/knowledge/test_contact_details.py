"""Telephone numbers and links nobody could use are found; those that work are left alone."""

import pytest

from bot.knowledge.contact_details import bad_phones, bad_urls, mobile_phones


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("Gọi 024 3869 5144 giờ hành chính.", id="a fixed number with spaces"),
        pytest.param("ĐT (024) 3869.5144, (028)38.295.299", id="areas in brackets"),
        pytest.param("+84 24 3869 5144", id="from abroad"),
        pytest.param("Tổng đài 1800 8000, 1900 1567, 111", id="services and a short number"),
        pytest.param("Ngày 01/07/2025, số 0106/QĐ, 2021–2030, 05 năm", id="dates and numbers of documents"),
        pytest.param("https://thuvienphapluat.vn/0123456.aspx", id="digits of an address"),
        pytest.param("Điện thoại 24 giờ; hạn 28/02", id="hours"),
        pytest.param("Thủ tục 1.005097, 2.002597", id="codes of procedures"),
    ],
)
def test_a_text_without_bad_numbers(text: str) -> None:
    assert list(bad_phones(text)) == []


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("Gọi 024 3869 514.", "024 3869 514", id="a digit short"),
        pytest.param("Gọi 024 3869 51444.", "024 3869 51444", id="a digit long"),
        pytest.param("ĐT: 0123 456 789", "0123 456 789", id="a mobile prefix that is gone"),
        pytest.param("Điện thoại số 3869 5144", "3869 5144", id="without the area"),
        pytest.param("Gọi 1900 12.", "1900 12", id="half a service number"),
    ],
)
def test_a_number_nobody_can_call(text: str, number: str) -> None:
    assert list(bad_phones(text)) == [number]


def test_a_mobile_number_is_a_persons() -> None:
    assert list(mobile_phones("Gọi chị An 0912 345 678 hoặc 024 3869 5144")) == ["0912 345 678"]


@pytest.mark.parametrize(
    ("text", "bad"),
    [
        pytest.param("Vào https://congdanhoctap.vn/dang-ky.", [], id="an address and a full stop"),
        pytest.param("[Cổng](https://dichvucong.gov.vn)", [], id="a titled address"),
        pytest.param("Vào www.moet.gov.vn", ["www.moet.gov.vn"], id="without its beginning"),
        pytest.param("Vào https:/moet.gov.vn nhé", ["https:/moet.gov.vn"], id="a slash short"),
        pytest.param("Vào https://moet", ["https://moet"], id="no domain"),
    ],
)
def test_an_address_no_browser_opens(text: str, bad: list[str]) -> None:
    assert list(bad_urls(text)) == bad
