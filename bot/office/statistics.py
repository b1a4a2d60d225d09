"""Figures about what people ask, told so that nobody can be found in them."""

LEAST = 5
"""What is smaller is not told, and nothing is told more finely than in steps of this."""


def tell(count: int) -> int | None:
    """The count rounded down to a step; None for less than one step.

    Sums are told as the sum of what is told, so a count that is hidden cannot be had by subtraction.
    """
    return count - count % LEAST if count >= LEAST else None
