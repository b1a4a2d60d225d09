"""The nouns of geography: an administrative unit, before or after 1 July 2025, and both its forms."""

from dataclasses import dataclass
from enum import StrEnum


class Era(StrEnum):
    """Before or after the reform of 1 July 2025, which left 34 provinces and no districts."""

    OLD = "old"
    NEW = "new"


class Level(StrEnum):
    """How large a unit is; only the old era has districts."""

    PROVINCE = "province"
    DISTRICT = "district"
    COMMUNE = "commune"


@dataclass(frozen=True, slots=True)
class AdminUnit:
    """A province, district or commune. *code* is the General Statistics Office's, unique in an era.

    *type* and *name* are as officially written. *latitude* and *longitude* are degrees (WGS 84) of
    the unit's centre; an old unit stands at the centre of what it became.
    """

    code: str
    era: Era
    level: Level
    type: str
    name: str
    province_code: str
    parent_code: str
    latitude: float
    longitude: float

    @property
    def full_name(self) -> str:
        """The name with its type; a numbered ward or district already carries it."""
        return self.name if self.name.startswith(f"{self.type} ") else f"{self.type} {self.name}"

    @property
    def token(self) -> str:
        """What buttons and saved rows carry, such as ``new:26740``; ``Gazetteer.unit`` reads it back."""
        return f"{self.era}:{self.code}"


@dataclass(frozen=True, slots=True)
class BothForms:
    """One place as it was called before 1/7/2025 and as it is called today.

    The old fields are None when the citizen spoke of a current unit. *communes* are all the current
    communes an old one was divided among, the default first; *commune* is that first one, and None
    for a district or province.
    """

    old_commune: AdminUnit | None
    old_district: AdminUnit | None
    old_province: AdminUnit | None
    commune: AdminUnit | None
    province: AdminUnit
    communes: tuple[AdminUnit, ...] = ()
