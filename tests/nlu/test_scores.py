"""What the classifier's scores promise, whatever it was taught."""

import numpy as np
import pytest

from nlu.calibration import as_asked
from nlu.features import Postings, Rows, Vector
from nlu.linear import Projection
from nlu.parse import ANSWER_AT, OFFER_AT


def test_scores_as_asked_stay_in_order_and_the_thresholds_stand_where_they_stood() -> None:
    steps = [as_asked(each / 100) for each in range(101)]

    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0.0, 1.0)
    assert (as_asked(0.5), as_asked(0.15)) == (
        pytest.approx(ANSWER_AT, abs=0.01),
        pytest.approx(OFFER_AT, abs=0.01),
    )


def test_examples_by_feature_are_as_alike_to_a_text_as_example_by_example() -> None:
    chance = np.random.default_rng(1)
    features = 30

    def vector(size: int) -> Vector:
        ids = chance.choice(features, size, replace=False).astype(np.int32)
        return Vector(ids, chance.random(size).astype(np.float32), 1.0)

    rows = Rows.of([vector(size) for size in (3, 0, 5, 1, 7, 4)], features)
    text = vector(6)
    dense = np.zeros(features, np.float32)
    dense[text.ids] = text.values

    found = Postings.of(rows, 1, 5, features).likeness(text)

    assert found == pytest.approx(rows.likeness([(1, 5)], dense))
    assert not Postings.of(rows, 2, 2, features).likeness(text).size


def test_a_projected_text_keeps_its_length_nearly_and_is_always_the_same() -> None:
    text = Vector(np.arange(50, dtype=np.int32), np.full(50, 50**-0.5, np.float32), 1.0)

    image = Projection.of(200).apply(text)

    assert image @ image == pytest.approx(1.0, abs=0.3)
    assert np.array_equal(image, Projection.of(200).apply(text))
