"""Figures about what people ask, told so that nobody can be found in them."""

from collections.abc import Mapping

LEAST = 5
"""What is smaller is not told, and nothing is told more finely than in steps of this."""

Table = Mapping[str, int]
"""Counts by what they are of."""


def tell(count: int) -> int | None:
    """The count rounded down to a step; None for less than one step."""
    return count - count % LEAST if count >= LEAST else None


def tell_tables(tables: Mapping[str, Table]) -> dict[str, dict[str, int]]:
    """What may be told of *tables*, which count the same questions by different things.

    Small counts are left out altogether, so that nobody learns whether they are nought. Where one table
    shows that there are more questions than the rows of another can hold, a small count of the other could
    be had by subtraction: its smallest row is then left out too, or, where it tells none, rows of the first.
    """
    told = {name: _tell_rows(table) for name, table in tables.items()}
    asked = max((sum(rows.values()) for rows in told.values()), default=0)
    for name, rows in told.items():
        hidden = sum(count > 0 for count in tables[name].values()) - len(rows)
        # All its counts at their most, but for one that is hidden.
        most = sum(rows.values()) + (LEAST - 1) * (len(rows) + hidden - 1)
        if not hidden or asked <= most:
            continue
        if rows:
            _leave_smallest_out(rows)
            continue
        for others in told.values():
            while sum(others.values()) > most:
                _leave_smallest_out(others)
    return told


def tell_sums(told: Table, group_of: Mapping[str, str]) -> dict[str, int]:
    """Rows added up by their group: only what is told is added, so a sum gives nothing hidden away."""
    sums: dict[str, int] = {}
    for key, count in told.items():
        sums[group_of[key]] = sums.get(group_of[key], 0) + count
    return sums


def _tell_rows(table: Table) -> dict[str, int]:
    return {key: rounded for key, count in table.items() if (rounded := tell(count))}


def _leave_smallest_out(rows: dict[str, int]) -> None:
    del rows[min(rows, key=rows.__getitem__)]
