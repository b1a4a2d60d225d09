"""A learning centre: its sites, what it teaches, and how well each thing is known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class CentreType(StrEnum):
    """What kind of place to learn a centre is."""

    TTHTCD = "tthtcd"
    GDNN_GDTX = "gdnn-gdtx"
    GDTX = "gdtx"
    LIBRARY = "thu-vien"
    CULTURE_HOUSE = "nha-van-hoa"
    OTHER = "khac"


class CentreStatus(StrEnum):
    """Whether a centre works; a dissolved one is told with what stands in its place, never as open."""

    ACTIVE = "hoat-dong"
    PAUSED = "tam-dung"
    DISSOLVED = "giai-the"
    UNVERIFIED = "chua-xac-minh"


class ClassStatus(StrEnum):
    """Whether a class can be joined."""

    ENROLLING = "dang-tuyen"
    RUNNING = "dang-hoc"
    FULL = "het-cho"
    ENDED = "da-xong"


class Precision(StrEnum):
    """How well we know where a site stands; a distance is told only for the first four."""

    EXACT = "exact"
    STREET = "street"
    OLD_WARD = "old-ward"
    NEW_WARD = "new-ward"
    DISTRICT = "district"
    PROVINCE = "province"

    @property
    def allows_distance(self) -> bool:
        """Whether a distance to the site means anything."""
        return self not in (Precision.DISTRICT, Precision.PROVINCE)

    @property
    def allows_pin(self) -> bool:
        """Whether a pin on a map would stand at the door."""
        return self in (Precision.EXACT, Precision.STREET)


@dataclass(frozen=True, slots=True)
class Site:
    """One place of a centre. *label* tells it from the others ("" for the only one).

    *commune* is the code of a current commune. Latitude and longitude are degrees (WGS 84), of the
    commune's centre when *precision* is a ward. *opening_hours* are in OSM syntax, "" if unknown;
    *hours_note* is what cannot be written so.
    """

    id: str
    label: str = ""
    address: str = ""
    commune: str | None = None
    district_old: str = ""
    latitude: float | None = None
    longitude: float | None = None
    precision: Precision = Precision.PROVINCE
    opening_hours: str = ""
    hours_note: str = ""


@dataclass(frozen=True, slots=True)
class Class:
    """A class that one can join: what, when, for whom. Unknown numbers are None, unknown texts ""."""

    name: str
    course: str = ""
    site: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    schedule: str = ""
    fee_vnd: int | None = None
    seats_left: int | None = None
    audience: str = ""
    contact: str = ""
    status: ClassStatus = ClassStatus.ENROLLING
    source_url: str = ""
    as_of: str = ""


@dataclass(frozen=True, slots=True)
class Centre:
    """A place to learn. Blank fields are unknown, and must be told as unknown.

    *province_code* is of a current province. *courses* are what it teaches as its source says it,
    *course_codes* those of them in the catalogue. *phone* is E.164. *successor* is the id of the
    centre in place of a dissolved one. *as_of* is when the source said so: 2025, 2025-10 or
    2025-10-08.
    """

    id: str
    name: str
    type: CentreType
    province_code: str
    sites: tuple[Site, ...]
    status: CentreStatus = CentreStatus.ACTIVE
    successor: str = ""
    phone: str = ""
    email: str = ""
    website: str = ""
    courses: tuple[str, ...] = ()
    course_codes: frozenset[str] = frozenset()
    classes: tuple[Class, ...] = ()
    source_url: str = ""
    as_of: str = ""

    @property
    def is_open_to_learners(self) -> bool:
        """Whether somebody may be sent there: neither dissolved nor paused."""
        return self.status in (CentreStatus.ACTIVE, CentreStatus.UNVERIFIED)

    @property
    def taught(self) -> frozenset[str]:
        """The codes of its courses, those of classes not ended among them."""
        return self.course_codes | {
            c.course for c in self.classes if c.course and c.status is not ClassStatus.ENDED
        }


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a centre file: where, which sentence (a key of faults.yml), and what goes into it.

    *sheet* and *cell* are those of a spreadsheet. A *warning* does not stop publishing.
    """

    file: str
    line: int
    key: str
    arguments: Mapping[str, str]
    warning: bool = False
    sheet: str = ""
    cell: str = ""

    @property
    def place(self) -> str:
        """``file!sheet:cell`` in a workbook, ``file:cell`` in a CSV file, ``file:line`` without a cell."""
        file = f"{self.file}!{self.sheet}" if self.sheet else self.file
        return f"{file}:{self.cell or self.line}"


class CentresError(Exception):
    """The centre files cannot be published as they are; *faults* says all that is wrong."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(f"{fault.place}: {fault.key}" for fault in faults))
        self.faults = faults
