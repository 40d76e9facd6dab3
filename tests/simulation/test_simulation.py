"""A few seeds of the simulation, and proof that its witness can fail; `make simulate` plays two thousand."""

from collections.abc import Iterator

import pytest
import structlog
from simulation.calm import hush
from simulation.planted import PLANNED_ALONE, PLANTED, replaced
from simulation.world import run

from nudger.storage import cancelling

#: A seed in which each planted bug shows, and what the witness says of it there.
CONVICTS = {
    "mark first": (2, "phantom"),
    "no fence": (0, "fence does not grow"),
    "resend on timeout": (13, "doubled"),
    "two in flight per person": (4, "two are in flight"),
    "regressing callback": (0, "goes from sending to delivered"),
    "consent checked outside the transaction": (3, "leaves without consent"),
}


@pytest.fixture(autouse=True)
def _silence() -> Iterator[None]:
    """Dozens of worlds have a lot to log."""
    before = structlog.get_config()
    hush()
    yield
    structlog.configure(**before)


@pytest.mark.parametrize("fives", [0, *(pytest.param(later, marks=pytest.mark.long) for later in range(1, 4))])
def test_no_seed_breaks_a_promise(fives: int) -> None:
    """Whatever dies, stalls, lies or comes late: each moment is accounted for, and nobody gets one too many."""
    for seed in range(5 * fives, 5 * fives + 5):
        outcome = run(seed)
        assert not outcome.faults, "\n".join(outcome.trace)


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_caught(name: str) -> None:
    """With the bug the witness says what is wrong, and in the same world without it nothing."""
    seed, words = CONVICTS[name]
    with PLANTED[name]():
        assert [fault for fault in run(seed).faults if words in fault]
    assert not run(seed).faults


@pytest.mark.parametrize("seed", [3, 7, 9])
def test_the_gate_alone_keeps_a_stop_that_comes_between(seed: int) -> None:
    """Even did a STOP not cancel what a worker has in hand, the gate would let none of it leave."""
    with replaced(cancelling, "_OF_CONTACT", PLANNED_ALONE):
        outcome = run(seed)
    assert [event for event in outcome.trace if "from claimed to skipped: no_consent" in event]
    assert not outcome.faults


def test_a_seed_plays_the_same_every_time() -> None:
    """A broken world can be looked at again: the same events at the same moments."""
    assert run(3) == run(3)
