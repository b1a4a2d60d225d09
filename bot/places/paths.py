"""Units as tools write them: ``new:Hồ Chí Minh/Phường Sài Gòn``, ``old:Hồ Chí Minh/Quận 1/Phường Bến Nghé``."""

from bot.places.gazetteer import Gazetteer
from bot.places.names import name_key
from bot.places.units import AdminUnit, Era, Level


def write_path(gazetteer: Gazetteer, unit: AdminUnit) -> str:
    """*unit* below all it lies in: the province without its type, the others with theirs."""
    names: list[str] = []
    above: AdminUnit | None = unit
    while above is not None:
        names.append(above.name if above.level is Level.PROVINCE else above.full_name)
        above = gazetteer.parent(above)
    return f"{unit.era}:{'/'.join(reversed(names))}"


def find_path(gazetteer: Gazetteer, path: str) -> AdminUnit | None:
    """The unit of a path or of a token such as ``new:26740``; None for neither.

    Spelling is compared as in free text; the type of a current commune may be an earlier one.
    """
    if unit := gazetteer.unit(path):
        return unit
    era, _, names = path.partition(":")
    if era not in tuple(Era):
        return None
    province, *below = names.split("/")
    found = [u for u in gazetteer.provinces(Era(era)) if name_key(u.name) == name_key(province)]
    for name in below:
        parents = {unit.code for unit in found}
        inside = [
            u for u in gazetteer if u.era == era and u.parent_code in parents and u.level is not Level.PROVINCE
        ]
        bare = name_key(name.partition(" ")[2])
        found = [u for u in inside if name_key(u.full_name) == name_key(name)]
        found = found or [u for u in inside if era == Era.NEW and name_key(u.name) == bare]
    return found[0] if len(found) == 1 else None
