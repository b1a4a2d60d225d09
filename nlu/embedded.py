"""The embedded engine: a Parser over a trained model, and the cache it is opened from."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import structlog

from nlu.calibration import probabilities
from nlu.model import ENGINE, Model, ModelError, exact_key, train
from nlu.parse import ANSWER_AT, OFFER_AT, OUT_OF_SCOPE, Intent, Parse
from nlu.questions import separate
from nlu.training import Example, content_hash
from nlu.vietnamese import is_gibberish, normalise_unicode

__all__ = ["EmbeddedParser", "Model", "open_parser", "train"]

LENGTH_MAX: Final = 500
"""Characters of a message that are read; what follows is left aside."""

_KEPT_MODELS: Final = 3
_BETWEEN: Final = (ANSWER_AT + OFFER_AT) / 2

log = structlog.get_logger()


class EmbeddedParser:
    """Parses texts in process with a trained model; safe to share between threads."""

    def __init__(self, model: Model) -> None:
        self._model = model

    def parse(self, text: str) -> Parse:
        """Return the readings of `text`; never raises for any text."""
        whole = self._read(normalise_unicode(text[: 2 * LENGTH_MAX]).strip()[:LENGTH_MAX])
        parts = separate(whole, self._read)
        return Parse(whole.text, whole.intent, whole.ranking, parts) if parts else whole

    def _read(self, text: str) -> Parse:
        if is_gibberish(text):
            return Parse(text, Intent("", 0.0), ())
        words = self._model.repair.words(text)
        named = self._model.exact.get(exact_key(text)) or self._model.exact.get(" ".join(words))
        evidence = self._model.evidence(words)
        chances = probabilities(evidence.traits, self._model.weights).tolist()
        found = [
            Intent(self._model.labels[label], chance)
            for label, chance in zip(evidence.classes.tolist(), chances, strict=True)
        ]
        if named:
            sure = 1.0 if len(named) == 1 else _BETWEEN
            if named == (OUT_OF_SCOPE,):
                return Parse(text, Intent(OUT_OF_SCOPE, 1.0), _ranked(found, OFFER_AT / 2))
            others = [intent for intent in found if intent.name not in named]
            ranking = [Intent(name, sure) for name in named if name != OUT_OF_SCOPE]
            ranking += _ranked(others, OFFER_AT / 2)
            return Parse(text, ranking[0], tuple(ranking[:5]))
        ranking_found = _ranked(found, 1.0)
        best = ranking_found[0] if ranking_found else Intent("", 0.0)
        if evidence.sure_of_none and best.score < ANSWER_AT:
            return Parse(text, Intent(OUT_OF_SCOPE, 1.0 - best.score), ranking_found)
        return Parse(text, best, ranking_found)


def _ranked(found: Sequence[Intent], ceiling: float) -> tuple[Intent, ...]:
    """Return `found` best first, no score above `ceiling`."""
    limited = [Intent(intent.name, min(intent.score, ceiling)) for intent in found]
    return tuple(sorted(limited, key=lambda intent: -intent.score))


def open_parser(examples: Sequence[Example], cache_dir: Path) -> EmbeddedParser:
    """Return a parser for `examples`: its model from `cache_dir` when it lies there, else trained and kept.

    A broken file is trained anew, a folder that cannot be written is left alone, and only the newest three
    models stay. Raises ValueError when there is nothing to train on.
    """
    path = cache_dir / f"{content_hash(examples, ENGINE)}.npz"
    try:
        return EmbeddedParser(Model.load(path))
    except ModelError as error:
        if path.exists():
            log.warning("nlu.model_unreadable", reason=str(error))
    model = train(examples)
    try:
        model.save(path)
        kept = sorted(cache_dir.glob("*.npz"), key=lambda file: file.stat().st_mtime, reverse=True)
        for old in kept[_KEPT_MODELS:]:
            old.unlink(missing_ok=True)
    except OSError as error:
        log.warning("nlu.model_not_kept", reason=type(error).__name__)
    return EmbeddedParser(model)
