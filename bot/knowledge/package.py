"""A version of the content as one archive: a folder packed under the hash of its files, and unpacked again."""

import hashlib
import io
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

FOLDER = "versions"
"""Below HOCTAP_DATA: versions unpacked to be read, each named by its digest. May be deleted at any time."""

DRAFTS = "drafts"
"""Below the content folder: answers not written yet, which are in no version."""

_SUFFIXES = (".md", ".txt", ".csv", ".yml", ".jsonl")
_EPOCH = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Package:
    """All files of a content folder in one archive; the same files always have the same *digest*."""

    digest: str
    archive: bytes


def pack(content: Path) -> Package:
    """The files of the folder *content* that make up a version."""
    digest, buffer = hashlib.sha256(), io.BytesIO()
    files = {name: (content / name).read_bytes() for name in list_files(content)}
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            digest.update(f"{name}\0{len(files[name])}\0".encode() + files[name])
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), files[name], zipfile.ZIP_DEFLATED)
    return Package(digest.hexdigest(), buffer.getvalue())


def list_files(content: Path) -> list[str]:
    """The paths, below the folder *content*, of the files that make up a version."""
    found = (path.relative_to(content) for path in content.rglob("*") if path.is_file())
    return [
        path.as_posix()
        for path in found
        if path.suffix in _SUFFIXES and not path.name.startswith((".", "~")) and path.parts[0] != DRAFTS
    ]


def unpack(data: Path, digest: str, archive: bytes) -> Path:
    """The folder of a version below *data*, whole; written if it is not there yet."""
    folder = data / FOLDER / digest[:16]
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(dir=folder.parent, prefix="."))
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        for name in packed.namelist():
            if ".." in PurePosixPath(name).parts or name.startswith("/"):
                raise ValueError(f"a version names a file outside its folder: {name}")
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(packed.read(name))
    try:
        draft.rename(folder)
    except OSError:
        # Another process was faster.
        shutil.rmtree(draft, ignore_errors=True)
    return folder
