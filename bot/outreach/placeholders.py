"""Places in a campaign's text, ``{table.row.column}``, filled from the tables: a date is written down once."""

import re
from collections.abc import Callable, Mapping

from rapidfuzz.distance import OSA

_PLACEHOLDER = re.compile(r"\{([^{}\n]*)\}")


def fill(text: str, line: int, values: Mapping[str, str], fault: Callable[..., None]) -> str:
    """*text* with the *values* in its places; one that has none is told to *fault* with its *line*, and left."""

    def value(match: re.Match[str]) -> str:
        name = match[1].replace(" ", "")
        if name not in values:
            near = max(values, key=lambda each: OSA.normalized_similarity(name, each), default="–")
            fault(line, "placeholder", text=match[0], near=f"{{{near}}}")
        return values.get(name, match[0])

    return _PLACEHOLDER.sub(value, text)
