"""One learning centre, what is known of it and how well."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class CentreType(StrEnum):
    """What kind of place to learn a centre is."""

    TTHTCD = "tthtcd"
    GDNN_GDTX = "gdnn-gdtx"
    GDTX = "gdtx"
    LIBRARY = "thu-vien"
    CULTURE_HOUSE = "nha-van-hoa"
    OTHER = "khac"


class Precision(StrEnum):
    """How well we know where a centre stands; a distance is told only for the first four."""

    EXACT = "exact"
    STREET = "street"
    OLD_WARD = "old-ward"
    NEW_WARD = "new-ward"
    DISTRICT = "district"
    PROVINCE = "province"

    @property
    def allows_distance(self) -> bool:
        """Whether a distance to the centre means anything."""
        return self not in (Precision.DISTRICT, Precision.PROVINCE)


@dataclass(frozen=True, slots=True)
class Centre:
    """A place to learn. Blank fields are unknown, and must be told as unknown.

    *commune* is the code of a current commune, *province_code* of a current province. *as_of* is when
    the source said so: 2025, 2025-10 or 2025-10-08. Latitude and longitude are degrees (WGS 84), of
    the commune's centre when *precision* is a ward.
    """

    id: str
    name: str
    type: CentreType
    address: str
    commune: str | None
    province_code: str
    district_old: str
    phone: str
    website: str
    opening_hours: str
    courses: tuple[str, ...]
    latitude: float | None
    longitude: float | None
    precision: Precision
    source_url: str
    as_of: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of a centre file: where, which sentence (a key of texts.yml), and what goes into it."""

    file: str
    line: int
    key: str
    arguments: Mapping[str, str]


class CentresError(Exception):
    """The centre files cannot be published as they are; *faults* says all that is wrong."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("; ".join(f"{fault.file}:{fault.line}: {fault.key}" for fault in faults))
        self.faults = faults
