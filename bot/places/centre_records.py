"""Centres as JSON records and back, for whoever stores them."""

from dataclasses import asdict
from datetime import date
from typing import Any

from bot.places.centre import Centre, CentreStatus, CentreType, Class, ClassStatus, Precision, Site


def to_record(centre: Centre) -> dict[str, Any]:
    """*centre* as JSON can hold it."""
    record = asdict(centre)
    record["courses"] = list(centre.courses)
    record["course_codes"] = sorted(centre.course_codes)
    record["sites"] = [asdict(site) for site in centre.sites]
    record["classes"] = [
        asdict(each)
        | {
            "starts_on": each.starts_on.isoformat() if each.starts_on else None,
            "ends_on": each.ends_on.isoformat() if each.ends_on else None,
        }
        for each in centre.classes
    ]
    return record


def from_record(record: dict[str, Any]) -> Centre:
    """The centre of a record of `to_record`. Raises KeyError, TypeError or ValueError for anything else."""
    rest = {key: value for key, value in record.items() if key not in _TYPED}
    return Centre(
        type=CentreType(record["type"]),
        status=CentreStatus(record["status"]),
        sites=tuple(Site(**site | {"precision": Precision(site["precision"])}) for site in record["sites"]),
        courses=tuple(record["courses"]),
        course_codes=frozenset(record["course_codes"]),
        classes=tuple(_class(each) for each in record["classes"]),
        **rest,
    )


_TYPED = frozenset({"type", "status", "sites", "courses", "course_codes", "classes"})


def _class(record: dict[str, Any]) -> Class:
    return Class(
        **record
        | {
            "status": ClassStatus(record["status"]),
            "starts_on": date.fromisoformat(record["starts_on"]) if record["starts_on"] else None,
            "ends_on": date.fromisoformat(record["ends_on"]) if record["ends_on"] else None,
        }
    )
