"""Sheets officials download: nothing in a cell may run as a formula."""

_STARTERS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def safe_cell(text: str) -> str:
    """*text* for a cell: what Excel would take as a formula begins with an apostrophe and stays text."""
    return f"'{text}" if text.lstrip(" ").startswith(_STARTERS) or text.startswith(_STARTERS) else text
