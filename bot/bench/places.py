"""Loading, resolving and finding the nearest, each beside its baseline in the same run."""

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from random import Random
from typing import TypeVar

from bot.bench.place_inputs import Verdict, judge, make_inputs
from bot.places.centre import CentreType
from bot.places.coordinates import Point
from bot.places.gazetteer import Gazetteer
from bot.places.nearby import EVERY, Filter, Placed, SitesInMemory, measure_all
from bot.places.resolver import resolve

T = TypeVar("T")

_ROUNDS = 3
_COURSES = ("xoa-mu-chu", "tin-hoc", "nghe-may", "ky-nang-so", "tieng-anh", "phap-luat")
_LOAD = """
import os, time
def megabytes():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
started, before = time.perf_counter(), megabytes()
from bot.places.gazetteer import Gazetteer
from bot.places.resolver import resolve
resolve(Gazetteer.load(), "xa tan phu dong nai")
print(time.perf_counter() - started, megabytes() - before)
"""


def run(seed: int, each: int, centres: int, queries: int) -> None:
    """Print all figures. *each* inputs a form are resolved; *queries* points are searched among *centres*."""
    _load()
    gazetteer = Gazetteer.load()
    _resolve(gazetteer, seed, each)
    _nearest(gazetteer, seed, centres, queries)


def _load() -> None:
    """In a process of its own, imports included: what a server pays at its start."""
    done = subprocess.run([sys.executable, "-c", _LOAD], capture_output=True, text=True, check=True)
    seconds, megabytes = map(float, done.stdout.split())
    print(f"load       {seconds:6.2f} s    {megabytes:6.1f} MB    a fresh process, up to its first answer")


def _resolve(gazetteer: Gazetteer, seed: int, each: int) -> None:
    inputs = list(make_inputs(gazetteer, seed, each))
    verdicts: Counter[Verdict] = Counter()
    for asked in inputs:
        verdicts[judge(gazetteer, asked, resolve(gazetteer, asked.text))] += 1
    _told("resolve", _timed([asked.text for asked in inputs], lambda text: resolve(gazetteer, text)))
    shares = ", ".join(f"{verdict} {100 * verdicts[verdict] / len(inputs):.2f} %" for verdict in Verdict)
    print(f"           {len(inputs)} inputs in ten forms, seed {seed}: {shares}")


def _nearest(gazetteer: Gazetteer, seed: int, centres: int, queries: int) -> None:
    random = Random(seed)
    sites = [_site(random, gazetteer, number) for number in range(centres)]
    points = [_near_a_commune(random, gazetteer) for _ in range(queries)]
    rare = Filter(frozenset({"gdtx", "thu-vien"}), frozenset({"nghe-may"}))
    started = time.perf_counter()
    memory = SitesInMemory(sites)
    print(f"           {centres} centres put in order in {1000 * (time.perf_counter() - started):.0f} ms")
    # Measuring all takes hundreds of times as long: fewer points do.
    few = points[: max(20, queries // 20)]
    for name, only in (("nearest", EVERY), ("  filters", rare)):
        for point in few:
            assert memory.nearest(point, 5, only) == measure_all(sites, point, 5, only)
        ours = _timed(points, partial(_search, memory.nearest, only))
        all_measured = _timed(few, partial(_search, partial(measure_all, sites), only))
        _told(name, ours)
        _told("  brute", all_measured)
        mean = sum(all_measured) / len(all_measured) / (sum(ours) / len(ours))
        median = _median(all_measured) / _median(ours)
        print(f"           {median:.0f}× as fast as measuring every centre by the median, {mean:.0f}× by the mean")


def _search(search: Callable[[Point, int, Filter], object], only: Filter, point: Point) -> None:
    search(point, 5, only)


def _site(random: Random, gazetteer: Gazetteer, number: int) -> Placed:
    latitude, longitude = _near_a_commune(random, gazetteer)
    courses = frozenset(random.sample(_COURSES, random.randint(0, 3)))
    kind = random.choice(tuple(CentreType))
    return Placed(f"c{number}/1", f"c{number}", latitude, longitude, str(kind), courses)


def _near_a_commune(random: Random, gazetteer: Gazetteer) -> Point:
    unit = random.choice(gazetteer.current_communes)
    return unit.latitude + random.gauss(0, 0.03), unit.longitude + random.gauss(0, 0.03)


def _timed(inputs: Sequence[T], act: Callable[[T], object]) -> list[float]:
    """Seconds for each input, the best of some rounds: what others do to the machine is no figure of ours."""
    best = [float("inf")] * len(inputs)
    for _ in range(_ROUNDS):
        for at, each in enumerate(inputs):
            started = time.perf_counter()
            act(each)
            best[at] = min(best[at], time.perf_counter() - started)
    return best


def _median(times: Sequence[float]) -> float:
    return sorted(times)[len(times) // 2]


def _told(name: str, times: Sequence[float]) -> None:
    ordered = sorted(times)
    p50, p99 = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    print(f"{name:10} p50 {1000 * p50:8.3f} ms   p99 {1000 * p99:8.3f} ms   n {len(ordered)}")
