"""What understanding costs: a parse, a training and their memory, beside a plain nearest-example scan."""

import resource
import time
from collections.abc import Callable, Sequence

from nlu.embedded import EmbeddedParser, train
from nlu.training import Example, split_kinds
from nlu.vietnamese import fold

_ASKED = 2000


def run(examples: Sequence[Example]) -> None:
    """Train on *examples*, parse their wordings, scan them plainly, and print figures and ratios."""
    before = _megabytes()
    started = time.perf_counter()
    parser = EmbeddedParser(train(examples))
    training = time.perf_counter() - started
    wordings, _ = split_kinds(examples)
    # A last word makes each text one that no stored wording equals, so nothing is answered by look-up.
    asked = [f"{example.text} nha" for example in wordings][:_ASKED]
    stored = [(frozenset(fold(each.text, words=True).split()), each.intent) for each in wordings]
    ours = _times(parser.parse, asked)
    plain = _times(lambda text: _nearest(text, stored), asked[:300])
    print(f"examples          {len(examples)}, intents {len({each.intent for each in examples})}")
    print(f"training          {training:.2f} s, peak memory +{_megabytes() - before:.0f} MB")
    print(f"parse             p50 {ours[0]:.2f} ms, p99 {ours[1]:.2f} ms")
    print(f"nearest example   p50 {plain[0]:.2f} ms, p99 {plain[1]:.2f} ms")
    print(f"ratio             p50 {ours[0] / plain[0]:.2f}, p99 {ours[1] / plain[1]:.2f} (parse / scan)")


def _times(act: Callable[[str], object], texts: Sequence[str]) -> tuple[float, float]:
    """Median and 99th percentile of *act* over *texts*, in milliseconds."""
    taken = []
    for text in texts:
        started = time.perf_counter()
        act(text)
        taken.append(1000 * (time.perf_counter() - started))
    taken.sort()
    return taken[len(taken) // 2], taken[int(len(taken) * 0.99)]


def _nearest(text: str, stored: Sequence[tuple[frozenset[str], str]]) -> str:
    words = frozenset(fold(text, words=True).split())
    return max(stored, key=lambda each: len(words & each[0]) / len(words | each[0]))[1]


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
