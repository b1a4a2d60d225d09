"""A trained model's file: one .npz of plain arrays, never pickle, written in one step."""

import io
import os
import tempfile
import zipfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Arrays = dict[str, npt.NDArray[Any]]

ENGINE: Final = "8"
"""Changes whenever a model trained before would no longer fit this code."""


class ModelError(Exception):
    """A model file cannot be used; the message says why."""


def write(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write `arrays` to `path`: a reader sees the old file or the whole new one. Raises OSError."""
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, engine=pack([ENGINE]), **arrays)
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(buffer.getbuffer())
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise


def read(path: Path) -> Arrays:
    """Return the arrays written to `path`.

    Raises ModelError when the file is missing, broken or of another engine.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        if unpack(arrays["engine"]) != [ENGINE]:
            raise ModelError(f"{path.name}: of another engine")
    except (OSError, KeyError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ModelError(f"{path.name}: {type(error).__name__}") from error
    return arrays


def pack(lines: Iterable[str]) -> npt.NDArray[np.uint8]:
    """Return `lines`, none of them holding a line break, as bytes."""
    return np.frombuffer("\n".join(lines).encode(errors="replace"), np.uint8)


def unpack(array: npt.NDArray[Any]) -> list[str]:
    """Return the lines that `pack` made into bytes."""
    text = array.tobytes().decode()
    return text.split("\n") if text else []
