"""Graph components for Rasa 3.6: run inside its own Python 3.10, named `components.…` in `config.yml`.

Rasa is started in `nlu/`, from where the package `nlu` cannot be seen, and its Python has no `StrEnum`.
"""

import enum
import sys
from pathlib import Path

if not hasattr(enum, "StrEnum"):

    class StrEnum(str, enum.Enum):  # noqa: UP042
        """What Python 3.11 calls so: members are their text."""

        __str__ = str.__str__

    enum.StrEnum = StrEnum  # type: ignore[misc,assignment]

if (_root := str(Path(__file__).resolve().parents[2])) not in sys.path:
    sys.path.append(_root)
