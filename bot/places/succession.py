"""What became what on 1 July 2025, without the namesakes that the package took for one another."""

from collections import defaultdict
from collections.abc import Mapping

Parts = tuple[str, ...]


def without_namesakes(successors: Mapping[str, Parts]) -> dict[str, Parts]:
    """*successors* without parts that belong to a commune of the same name in another district.

    Keys are paths of folded names, ``province_district_commune``. The package matched the communes
    of a resolution by name, so where two of a merged province share one, it divided each between
    both successors: Ward 4 of Tay Ninh into the middle of Long An, 92 km away. A part is not a
    commune's own if a namesake from another district went into it too, and from its own district
    only others of which the same is true. Nothing loses its last part.
    """
    came_from: dict[str, list[str]] = defaultdict(list)
    for old, parts in successors.items():
        for part in parts:
            came_from[part].append(old)

    def is_stranger(old: str, part: str) -> bool:
        return _has_namesake(old, came_from[part]) and all(
            _has_namesake(other, came_from[part])
            for other in came_from[part]
            if other != old and _district(other) == _district(old)
        )

    kept = {
        old: tuple(part for part in parts if len(parts) == 1 or not is_stranger(old, part))
        for old, parts in successors.items()
    }
    return {old: kept[old] or parts for old, parts in successors.items()}


def _has_namesake(old: str, others: list[str]) -> bool:
    return any(_name(other) == _name(old) and _district(other) != _district(old) for other in others)


def _district(key: str) -> str:
    return key.rpartition("_")[0]


def _name(key: str) -> str:
    return key.rpartition("_")[2]
