"""`VietnameseTokenizer`: words without diacritics, shorthand and slips undone, for any Rasa pipeline."""

from __future__ import annotations

import json
import re
from typing import Any

from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.rasa_project import code_digest
from nlu.repair import Repair
from nlu.vietnamese import normalise_unicode, tokens

_CHUNK = re.compile(r"\S+")
_FILE = "words.json"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, is_trainable=True)
class VietnameseTokenizer(Tokenizer):
    """Gives featurizers the same words however a text is typed; learns the words of the training data.

    The tokens of a stretch without white space all span that stretch: repair may split or join what it holds.
    """

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        super().__init__(config)
        self._model_storage = model_storage
        self._resource = resource
        self._repair = Repair({}, {})

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """Return the settings of Rasa's own tokenizers, none of which is needed here."""
        return {"intent_tokenization_flag": False, "intent_split_symbol": "_", "token_pattern": None}

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Return the digest of our code, without which Rasa would take words of older code from its cache."""
        return code_digest()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> VietnameseTokenizer:
        """Return a tokenizer that knows no words yet."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> VietnameseTokenizer:
        """Return the tokenizer with the words it has learnt."""
        component = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder:
            kept = json.loads((folder / _FILE).read_text("utf-8"))
        component._repair = Repair(kept["counts"], {(first, word): n for first, word, n in kept["pairs"]})
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Learn the words of the examples and responses, and keep them in the model's storage."""
        texts = [message.get("text") for message in training_data.nlu_examples]
        texts += [said["text"] for of in training_data.responses.values() for said in of if said.get("text")]
        repair = Repair.learn(texts)
        kept = {"counts": repair.counts, "pairs": [[*pair, n] for pair, n in repair.pairs.items()]}
        with self._model_storage.write_to(self._resource) as folder:
            (folder / _FILE).write_text(json.dumps(kept), "utf-8")
        return self._resource

    def tokenize(self, message: Message, attribute: str) -> list[Token]:
        """Return the repaired, folded words of an attribute."""
        text = message.get(attribute)
        spans, typed = [], []
        for chunk in _CHUNK.finditer(text):
            for token in tokens(normalise_unicode(chunk.group())):
                spans.append(chunk.span())
                typed.append(token)
        readings = self._repair.readings(typed)
        return [
            Token(word, start, end)
            for reading, (start, end) in zip(readings, spans, strict=True)
            for word in reading
        ]
