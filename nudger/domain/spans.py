"""Sets of minutes, written as spans: pairs (low, high), high not included, ascending and apart from each other."""

from collections.abc import Iterable, Iterator

Spans = tuple[tuple[int, int], ...]


def clipped(spans: Spans, low: int, high: int) -> Spans:
    """The minutes from `low` up to but not including `high`."""
    cut = ((max(low, first), min(high, end)) for first, end in spans)
    return tuple((first, end) for first, end in cut if first < end)


def shifted(spans: Spans, minutes: int) -> Spans:
    """The same minutes, all moved later by so many."""
    return tuple((first + minutes, end + minutes) for first, end in spans) if minutes else spans


def without(spans: Iterable[tuple[int, int]], holes: Spans) -> Spans:
    """The minutes that lie in no hole."""
    return tuple(piece for span in spans for piece in _pieces(span, holes))


def _pieces(span: tuple[int, int], holes: Spans) -> Iterator[tuple[int, int]]:
    low, high = span
    for first, end in holes:
        if end <= low:
            continue
        if first >= high:
            break
        if first > low:
            yield low, first
        low = end
    if low < high:
        yield low, high
