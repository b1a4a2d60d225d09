"""The columns of the two tables of a centre file: centres with their sites, and classes."""

CENTRE_COLUMNS = (
    "ma", "ten", "loai", "trang thai", "co so", "dia chi", "xa/phuong", "huyen cu", "tinh", "dien thoai",
    "so co quan", "email", "website", "gio mo cua", "ghi chu gio", "lop hoc", "vi do", "kinh do",
    "do chinh xac", "thay bang", "nguon", "ngay thong tin",
)  # fmt: skip
"""The folded headers of the table of centres, a row a site, in the order they are written."""

REQUIRED_CENTRE_COLUMNS = ("ma", "ten", "loai", "tinh", "nguon", "ngay thong tin")

CLASS_COLUMNS = (
    "ma trung tam", "co so", "lop", "khai giang", "be giang", "lich hoc", "hoc phi", "con cho", "doi tuong",
    "lien he", "trang thai", "nguon", "ngay thong tin",
)  # fmt: skip
"""The folded headers of the table of classes."""

REQUIRED_CLASS_COLUMNS = ("ma trung tam", "lop", "nguon", "ngay thong tin")

SAME = {
    "id": "ma", "ma trung tam hoc tap cong dong": "ma", "name": "ten", "ten trung tam": "ten",
    "ten co so giao duc": "ten", "type": "loai", "loai hinh": "loai", "loai trung tam": "loai",
    "status": "trang thai",
    "tinh trang": "trang thai", "ten co so": "co so", "diem hoc": "co so", "diem sinh hoat": "co so",
    "address": "dia chi", "xa": "xa/phuong", "phuong": "xa/phuong", "xa phuong": "xa/phuong",
    "xa, phuong": "xa/phuong", "xa / phuong": "xa/phuong", "phuong/xa": "xa/phuong",
    "xa/phuong/dac khu": "xa/phuong", "xa, phuong, dac khu": "xa/phuong", "commune_old": "xa/phuong",
    "huyen": "huyen cu", "quan/huyen": "huyen cu", "quan/huyen cu": "huyen cu", "quan, huyen cu": "huyen cu",
    "district_old": "huyen cu", "tinh/thanh pho": "tinh", "tinh, thanh pho": "tinh", "tinh thanh": "tinh",
    "province_old": "tinh", "sdt": "dien thoai", "so dien thoai": "dien thoai", "dt": "dien thoai",
    "phone": "dien thoai", "so dien thoai co quan": "so co quan", "e-mail": "email", "thu dien tu": "email",
    "trang web": "website", "gio lam viec": "gio mo cua", "opening_hours": "gio mo cua", "courses": "lop hoc",
    "cac lop": "lop hoc", "lat": "vi do", "latitude": "vi do", "lon": "kinh do", "lng": "kinh do",
    "longitude": "kinh do", "source_url": "nguon", "nguon tin": "nguon", "as_of": "ngay thong tin",
    "ngay cap nhat": "ngay thong tin", "ten lop": "lop", "lich": "lich hoc", "ngay khai giang": "khai giang",
    "ngay be giang": "be giang", "so cho con": "con cho",
}  # fmt: skip
"""What else a column may be called."""


def is_of_classes(columns: dict[str, str]) -> bool:
    """Whether a table with these columns is one of classes."""
    return "lop" in columns and "ma trung tam" in columns


def standard(columns: dict[str, str]) -> dict[str, str]:
    """*columns* (letters or values by folded header) under the standard headers; a standard one wins."""
    if "ma trung tam" in columns and not is_of_classes(columns):
        columns = {"ma" if head == "ma trung tam" else head: value for head, value in columns.items()}
    found = {SAME[head]: value for head, value in columns.items() if head in SAME}
    return found | {head: value for head, value in columns.items() if head not in SAME}
