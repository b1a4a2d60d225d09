"""What is asked of a figure, and whether it is reached."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """A measured figure and its bounds."""

    name: str
    figure: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def is_met(self) -> bool:
        """Whether the figure keeps to its bounds."""
        low, high = self.at_least, self.at_most
        return (low is None or self.figure >= low) and (high is None or self.figure <= high)


def show(*targets: Target) -> bool:
    """Print each with its bounds and whether it is met. Returns whether all are."""
    for each in targets:
        bounds = [f">= {each.at_least:g}"] if each.at_least is not None else []
        bounds += [f"<= {each.at_most:g}"] if each.at_most is not None else []
        word = "met" if each.is_met else "MISSED"
        print(f"  {each.name:34}{each.figure:12.2f}   target {' and '.join(bounds):18} {word}", flush=True)
    return all(each.is_met for each in targets)
