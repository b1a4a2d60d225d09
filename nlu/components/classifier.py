"""`AnswerClassifier`: the embedded engine's model, taught, kept and asked inside a Rasa pipeline."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.extractors.extractor import EntityExtractorMixin
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from nlu.embedded import ModelReader
from nlu.entities import Entity
from nlu.model import Model
from nlu.parse import OUT_OF_SCOPE, Intent
from nlu.rasa_project import code_digest, fingerprint, rasa_name, read_taught
from nlu.reading import LENGTH_MAX
from nlu.teaching import train
from nlu.training import Synonym
from nlu.vietnamese import fold, normalise_unicode

_Kind = DefaultV1Recipe.ComponentType


@DefaultV1Recipe.register([_Kind.INTENT_CLASSIFIER, _Kind.ENTITY_EXTRACTOR], is_trainable=True)
class AnswerClassifier(GraphComponent, IntentClassifier, EntityExtractorMixin):
    """Sets `intent`, `intent_ranking`, `entities`, and `taught`: the fingerprint of what it was taught.

    The synonyms and lookup tables of the project are its concepts and named things. It reads the text
    itself, so no tokenizer or featurizer need stand before it.
    """

    def __init__(self, model_storage: ModelStorage, resource: Resource) -> None:
        self._model_storage = model_storage
        self._resource = resource
        self._reader: ModelReader | None = None
        self._taught = ""

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Return the digest of our code, without which Rasa would take a model of older code from its cache."""
        return code_digest()

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> AnswerClassifier:
        """Return a component that is yet to be taught."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> AnswerClassifier:
        """Return the component as it was taught."""
        component = cls(model_storage, resource)
        with model_storage.read_from(resource) as folder:
            component._reader = ModelReader(Model.load(folder / "model.npz"))
            component._taught = (folder / "taught").read_text("ascii")
        return component

    def train(self, training_data: TrainingData) -> Resource:
        """Teach the model the project's examples and responses, and keep it in the model's storage."""
        examples = read_taught(
            ((message.get("text"), message.get("intent")) for message in training_data.intent_examples),
            training_data.responses,
        )
        synonyms = [Synonym(phrase, concept) for phrase, concept in training_data.entity_synonyms.items()]
        lookups = [
            Synonym(name, table["name"]) for table in training_data.lookup_tables for name in table["elements"]
        ]
        model = train(examples, synonyms, lookups)
        with self._model_storage.write_to(self._resource) as folder:
            model.save(folder / "model.npz")
            (folder / "taught").write_text(fingerprint(examples, synonyms, lookups), "ascii")
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set what each message is understood to be."""
        if self._reader is not None:
            for message in messages:
                self._understand(message, self._reader)
        return messages

    def _understand(self, message: Message, reader: ModelReader) -> None:
        text = normalise_unicode((message.get("text") or "")[: 2 * LENGTH_MAX])[:LENGTH_MAX]
        parse = reader.read(text)
        ranking = [_confidence(intent) for intent in parse.ranking]
        if parse.intent.name == OUT_OF_SCOPE:
            ranking.insert(0, _confidence(parse.intent))
        message.set("intent", _confidence(parse.intent), add_to_output=True)
        message.set("intent_ranking", ranking, add_to_output=True)
        named = [self._span(entity, text) for entity in reader.name(text)]
        message.set("entities", [*message.get("entities", []), *named], add_to_output=True)
        message.set("taught", self._taught, add_to_output=True)

    def _span(self, entity: Entity, text: str) -> dict[str, Any]:
        """Return an entity as Rasa writes it; what stands otherwise in the text spans the whole of it."""
        start = fold(text).find(entity.value)
        start, end = (start, start + len(entity.value)) if start >= 0 else (0, len(text))
        return {
            "entity": entity.kind.value,
            "value": entity.value,
            "start": start,
            "end": end,
            "extractor": self.name,
        }


def _confidence(intent: Intent) -> dict[str, Any]:
    return {"name": rasa_name(intent.name) or None, "confidence": intent.score}
