"""The embedded engine: a Parser over a trained model, and the cache it is opened from."""

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from nlu.calibration import as_asked, probabilities
from nlu.entities import Entity, Extractor
from nlu.model import Model
from nlu.parse import ANSWER_AT, OFFER_AT, OUT_OF_SCOPE, Intent, Parse
from nlu.questions import asks
from nlu.reading import read_message
from nlu.storage import ENGINE, ModelError
from nlu.teaching import train
from nlu.training import Example, Kind, content_hash, read_lookups, read_synonyms
from nlu.vietnamese import is_gibberish, tokens, without_courtesies
from nlu.workshop import TeachingFailed, teach_apart

__all__ = ["EmbeddedParser", "Model", "ModelError", "TeachingFailed", "open_parser", "train"]

RANKED_MAX: Final = 5
_KEPT_MODELS: Final = 3
_CORE_WORDS_MIN: Final = 4
_OFFERED: Final = (ANSWER_AT + OFFER_AT) / 2

log = structlog.get_logger()


class EmbeddedParser:
    """Parses texts in process with a trained model; safe to share between threads."""

    waits: Final = False

    def __init__(self, model: Model) -> None:
        self.model = model
        self._reader = ModelReader(model)

    def state(self) -> str:
        """Return "ok": what is in process is always there."""
        return "ok"

    def parse(self, text: str, about: str = "") -> Parse:
        """Return the readings of `text`, which follows on a question `about`; never raises for any text."""
        return read_message(text, about, self._reader)


class ModelReader:
    """Reads texts by a trained model."""

    def __init__(self, model: Model) -> None:
        self._model = model
        self._extractor = Extractor(model.lookups)

    def name(self, text: str) -> tuple[Entity, ...]:
        """Return what `text` names."""
        return self._extractor.find(self._model.repair.words(text))

    def read(self, text: str) -> Parse:
        """Return the reading of `text` as one question."""
        words = self._model.repair.words(text)
        core = without_courtesies(" ".join(words)).split()
        named = self._model.named_exactly(text, words, core)
        if len(named) == 1:
            return _exactly(text, named, ())
        if not named and is_gibberish(text):
            return Parse(text, Intent("", 0.0), ())
        if not core or core == words:
            return self._ranked(text, words, named)
        reading = self._ranked(text, core, named)
        if len(core) < _CORE_WORDS_MIN and not asks(reading.intent):
            return self._ranked(text, words, named)
        return reading

    def _ranked(self, text: str, words: Sequence[str], named: Sequence[str]) -> Parse:
        read = self._model.read(words, tokens(text))
        if not named and not read.vector.known:
            return Parse(text, Intent(OUT_OF_SCOPE, 1.0), ())
        evidence = self._model.evidence(read)
        chances = probabilities(evidence, self._model.calibration).tolist()
        none = chances.pop()
        found = sorted(
            (
                Intent(self._model.stock.labels[label], as_asked(chance))
                for label, chance in zip(evidence.classes.tolist(), chances, strict=True)
            ),
            key=lambda intent: -intent.score,
        )
        if named:
            return _exactly(text, named, found)
        ranking = tuple(found[:RANKED_MAX])
        if not ranking or none > max(chances):
            return Parse(text, Intent(OUT_OF_SCOPE, none), ranking)
        return Parse(text, ranking[0], ranking)


def _exactly(text: str, named: Sequence[str], found: Sequence[Intent]) -> Parse:
    """Return the parse of a text that repeats a stored wording: sure of its one intent, offering several."""
    others = [Intent(i.name, min(i.score, OFFER_AT / 2)) for i in found if i.name not in named]
    sure = 1.0 if len(named) == 1 else _OFFERED
    ranking = tuple([Intent(name, sure) for name in named if name != OUT_OF_SCOPE] + others)[:RANKED_MAX]
    if named[0] == OUT_OF_SCOPE:
        return Parse(text, Intent(OUT_OF_SCOPE, sure), ranking)
    return Parse(text, ranking[0], ranking)


def open_parser(examples: Sequence[Example], cache_dir: Path) -> EmbeddedParser:
    """Return a parser for `examples`: its model from `cache_dir` when it lies there, else trained and kept.

    Training happens in a process of its own. A broken file is trained anew, a folder that cannot be written
    is left alone, and only the newest three models stay. Raises ValueError when there is nothing to train on,
    and TeachingFailed.
    """
    if not any(example.kind is Kind.WORDING for example in examples):
        raise ValueError("there is no example to train on")
    path = cache_dir / f"{content_hash(examples, [*read_synonyms(), *read_lookups()], ENGINE)}.npz"
    try:
        return EmbeddedParser(Model.load(path))
    except ModelError as error:
        if path.exists():
            log.warning("nlu.model_unreadable", reason=str(error))
    with tempfile.TemporaryDirectory() as folder:
        fresh = Path(folder) / "model.npz"
        teach_apart(examples, fresh)
        model = Model.load(fresh)
    try:
        model.save(path)
        kept = sorted(cache_dir.glob("*.npz"), key=lambda file: file.stat().st_mtime, reverse=True)
        for old in kept[_KEPT_MODELS:]:
            old.unlink(missing_ok=True)
    except OSError as error:
        log.warning("nlu.model_not_kept", reason=type(error).__name__)
    return EmbeddedParser(model)
