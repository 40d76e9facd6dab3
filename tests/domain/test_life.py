"""Whatever happens to a message, and in whatever order, it stays within its rules."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from nudger.domain import life
from nudger.domain.life import Message, Patience
from nudger.domain.messages import ENDED, IN_FLIGHT, MOVES, SPENT, Reason, State, back_off
from nudger.domain.people import ChannelKind

NOON = datetime(2026, 2, 2, 11, 0, tzinfo=UTC)
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
PATIENCE = Patience()
#: States in which nobody needs to come back to a message.
AT_REST = frozenset(State) - {State.PLANNED, State.CLAIMED, State.SENDING, State.UNKNOWN}


def planned(late: timedelta = 30 * MINUTE, **changes: object) -> Message:
    """Ana's text of noon, due now."""
    fresh = Message(1, 1, 1, 1, ChannelKind.SMS, date(2026, 2, 2), 0, NOON, NOON + late, wake_at=NOON)
    return fresh._replace(**changes)  # type: ignore[arg-type]


def sending(**changes: object) -> Message:
    """The same, on its way to the provider."""
    claimed = life.claim(planned(**changes), NOON, PATIENCE)  # type: ignore[arg-type]
    return life.begin(claimed, NOON, PATIENCE, contact_id=7, provider="twilio", caught_up=True)


def in_doubt(**changes: object) -> Message:
    """The same, with no clear answer."""
    return life.in_doubt(sending(**changes), NOON, PATIENCE)


class LifeOfAMessage(RuleBasedStateMachine):
    """Every event may come at any time; what a worker, the reconciler and the operator do is tried in all orders."""

    @initialize(late=st.sampled_from([MINUTE, 30 * MINUTE, 24 * HOUR]))
    def is_planned(self, late: timedelta) -> None:
        """Begin at noon."""
        self.now = NOON
        self.message = planned(late)
        self.started_at = NOON
        self.noes = 0
        self.refusals = self.deaths = self.resends = 0

    def try_to(self, happen: Callable[[], Message]) -> bool:
        """Let it happen if the table allows it; whether it did."""
        before = self.message
        try:
            after = happen()
        except ValueError:
            return False
        self.check(before, after)
        self.message = after
        return True

    def check(self, before: Message, after: Message) -> None:
        """What must hold of every step."""
        assert after.state is before.state or after.state in MOVES[before.state]
        claims = before.state is State.PLANNED and after.state is State.CLAIMED
        assert after.fence == before.fence + claims
        if before.state is State.UNKNOWN and after.state is State.PLANNED:
            assert self.noes == 2
        if after.reason is Reason.NOT_AT_PROVIDER and before.reason is not Reason.LEASE_RAN_OUT:
            self.resends += after.state is not before.state
        if before.state is State.FAILED:
            self.refusals = self.deaths = self.resends = 0

    @rule(span=st.sampled_from([SECOND, 15 * SECOND, MINUTE, 20 * MINUTE, 25 * HOUR]))
    def time_goes_by(self, span: timedelta) -> None:
        """The clock moves on."""
        self.now += span

    @rule()
    def is_claimed(self) -> None:
        """A worker takes it."""
        self.try_to(lambda: life.claim(self.message, self.now, PATIENCE))

    @rule(caught_up=st.booleans())
    def leaves(self, caught_up: bool) -> None:  # noqa: FBT001 (hypothesis names its arguments)
        """The gate lets it go."""
        if self.try_to(
            lambda: life.begin(self.message, self.now, PATIENCE, contact_id=7, provider="twilio", caught_up=caught_up)
        ):
            self.started_at, self.noes = self.now, 0

    @rule()
    def is_handed_over(self) -> None:
        """Claimed and let go in one step, to come to the rarer events more often."""
        self.is_claimed()
        self.leaves(caught_up=False)

    @rule(state=st.sampled_from([State.SKIPPED, State.CANCELLED, State.EXPIRED]))
    def ends(self, state: State) -> None:
        """The gate or a withdrawal ends it."""
        self.try_to(lambda: life.end(self.message, state, Reason.WITHDRAWN))

    @rule(wait=st.sampled_from([timedelta(0), HOUR, 48 * HOUR]))
    def is_put_back(self, wait: timedelta) -> None:
        """Quiet hours, or a send that was not begun."""
        self.try_to(lambda: life.put_back(self.message, self.now + wait, Reason.NOT_BEGUN))

    @rule()
    def is_accepted(self) -> None:
        """The provider takes it, or is found to have it."""
        self.try_to(lambda: life.accepted(self.message, "SM1"))

    @rule(luck=st.floats(0, 1, exclude_max=True), wait=st.none() | st.just(HOUR))
    def is_refused(self, luck: float, wait: timedelta | None) -> None:
        """The provider says later."""
        self.refusals += self.try_to(lambda: life.refused(self.message, self.now, luck, wait))

    @rule()
    def is_refused_for_good(self) -> None:
        """The provider says never."""
        self.try_to(lambda: life.refused_for_good(self.message))

    @rule()
    def meets_a_wrong_key(self) -> None:
        """The provider refuses our account."""
        self.try_to(lambda: life.misconfigured(self.message, self.now, PATIENCE))

    @rule()
    def gets_no_clear_answer(self) -> None:
        """The line goes dead."""
        self.try_to(lambda: life.in_doubt(self.message, self.now, PATIENCE))

    @precondition(lambda self: self.message.state in {State.CLAIMED, State.SENDING})
    @rule()
    def loses_its_worker(self) -> None:
        """The process dies."""
        self.deaths += self.try_to(lambda: life.lease_ran_out(self.message, self.now, PATIENCE))

    @precondition(lambda self: self.message.state is State.UNKNOWN and self.message.wake_at <= self.now)
    @rule()
    def is_not_found(self) -> None:
        """The provider does not have it."""
        self.noes += self.now >= self.started_at + PATIENCE.settle
        self.try_to(lambda: life.not_found(self.message, self.now, self.started_at, PATIENCE))

    @precondition(lambda self: self.message.state is State.UNKNOWN and self.message.wake_at <= self.now)
    @rule(for_good=st.booleans())
    def nobody_can_tell(self, for_good: bool) -> None:  # noqa: FBT001 (hypothesis names its arguments)
        """The provider gives no answer."""
        self.try_to(lambda: life.cannot_tell(self.message, self.now, self.started_at, PATIENCE, for_good=for_good))

    @rule(state=st.sampled_from([State.ACCEPTED, State.UNDELIVERED, State.DELIVERED]))
    def is_reported(self, state: State) -> None:
        """The provider tells what became of an attempt, however late; nothing it told before is taken back."""
        before = self.message
        for step in life.reported(before, state, self.started_at, "SM1"):
            self.check(self.message, step)
            self.message = step
        assert life.reported(self.message, state, self.started_at, "SM1") == []
        if before.state in life.RANKS:
            assert life.RANKS[self.message.state] == max(life.RANKS[before.state], life.RANKS[state])

    @rule()
    def is_tried_again(self) -> None:
        """The operator retries it."""
        failed = self.message.state is State.FAILED
        assert self.try_to(lambda: life.retry(self.message, self.now)) is failed

    @invariant()
    def wakes_when_somebody_must_look(self) -> None:
        """There is a time to look again exactly while something is left to do."""
        assert (self.message.wake_at is None) == (self.message.state in AT_REST)

    @invariant()
    def is_bounded(self) -> None:
        """At most two resends, eight refusals and five deaths, three of them alone; the last of each ends it."""
        message = self.message
        assert self.resends == message.resends <= 2
        assert self.refusals == message.attempts <= 8
        assert self.deaths == message.deaths
        assert message.attempts < 8 or message.state in {State.FAILED, *ENDED, *life.RANKS}
        assert message.deaths < 5 or message.state not in {State.PLANNED, State.CLAIMED, State.SENDING}

    @invariant()
    def counts_only_while_it_may_have_arrived(self) -> None:
        """A message has a time of sending exactly while the provider has it or may have it."""
        assert (self.message.sent_at is not None) == (self.message.state in SPENT)


TestLifeOfAMessage = LifeOfAMessage.TestCase
TestLifeOfAMessage.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)


def test_terminal_states_absorb() -> None:
    """Nothing leads out of delivered, skipped, cancelled, expired; out of failed, the operator or a late receipt."""
    absorbing = {state for state in State if not MOVES[state]}
    assert absorbing == {State.DELIVERED, State.SKIPPED, State.CANCELLED, State.EXPIRED}
    assert MOVES[State.FAILED] == {State.PLANNED, State.ACCEPTED}
    assert absorbing | {State.FAILED} == ENDED
    assert {State.CLAIMED, State.SENDING, State.UNKNOWN} == IN_FLIGHT


@pytest.mark.parametrize("state", sorted(AT_REST))
def test_a_message_at_rest_cannot_be_claimed(state: State) -> None:
    """Only a planned message is taken in hand."""
    with pytest.raises(ValueError, match="cannot go from"):
        life.claim(planned(state=state), NOON, PATIENCE)


def test_a_message_in_doubt_is_not_put_back_or_retried() -> None:
    """There is no way round asking: neither a refusal, nor a stall, nor the operator sends it again."""
    doubtful = in_doubt()
    with pytest.raises(ValueError, match="no way round asking"):
        life.put_back(doubtful, NOON, Reason.NOT_BEGUN)
    with pytest.raises(ValueError, match="no way round asking"):
        life.refused(doubtful, NOON, 0.5, None)
    with pytest.raises(ValueError, match="cannot be tried again"):
        life.retry(doubtful, NOON)


def test_two_noes_a_minute_apart_send_it_back() -> None:
    """A no counts from a minute after the attempt, and the second a minute after the first."""
    first = life.not_found(in_doubt(), NOON + 15 * SECOND, NOON, PATIENCE)
    assert (first.negatives, first.wake_at) == (0, NOON + MINUTE)
    second = life.not_found(first, NOON + MINUTE, NOON, PATIENCE)
    assert (second.state, second.negatives, second.wake_at) == (State.UNKNOWN, 1, NOON + 2 * MINUTE)
    fifth = life.not_found(second, NOON + 2 * MINUTE, NOON, PATIENCE)
    assert (fifth.state, fifth.reason, fifth.resends) == (State.PLANNED, Reason.NOT_AT_PROVIDER, 1)
    assert (fifth.wake_at, fifth.sent_at, fifth.caught_up) == (NOON + 2 * MINUTE, None, False)


def test_a_third_return_from_doubt_is_none() -> None:
    """Sent back twice and not found once more a message has failed, and one with five deaths fails at once."""
    settled = NOON + 5 * MINUTE
    tired = in_doubt(resends=2)
    again = life.not_found(tired._replace(negatives=1), settled, NOON, PATIENCE)
    assert (again.state, again.reason) == (State.FAILED, Reason.TOO_MANY_ATTEMPTS)
    deadly = life.not_found(in_doubt(deaths=5)._replace(negatives=1), settled, NOON, PATIENCE)
    assert (deadly.state, deadly.reason) == (State.FAILED, Reason.TOO_MANY_DEATHS)


def test_found_missing_too_late_it_expires() -> None:
    """What turns out not to have been sent, but is of no use any more, expires."""
    doubtful = in_doubt(late=MINUTE)._replace(negatives=1)
    after = life.not_found(doubtful, NOON + 2 * MINUTE, NOON, PATIENCE)
    assert (after.state, after.reason) == (State.EXPIRED, Reason.NOT_AT_PROVIDER)


@pytest.mark.parametrize(
    ("for_good", "passed", "state", "wakes"),
    [
        (True, 14 * MINUTE, State.UNKNOWN, 15 * MINUTE),
        (True, 15 * MINUTE, State.ASSUMED_SENT, None),
        (False, 15 * MINUTE, State.UNKNOWN, 16 * MINUTE),
        (False, 24 * HOUR - SECOND, State.UNKNOWN, 24 * HOUR),
        (False, 24 * HOUR, State.ASSUMED_SENT, None),
    ],
)
def test_a_provider_that_does_not_answer(
    for_good: bool,  # noqa: FBT001 (a column of the table)
    passed: timedelta,
    state: State,
    wakes: timedelta | None,
) -> None:
    """One that cannot be asked is believed after a quarter of an hour, one that is silent after a day."""
    after = life.cannot_tell(in_doubt(), NOON + passed, NOON, PATIENCE, for_good=for_good)
    assert (after.state, after.wake_at) == (state, None if wakes is None else NOON + wakes)
    assert after.negatives == 0


def test_a_lease_that_ran_out() -> None:
    """A claimed message goes back four times and fails the fifth; one being sent is in doubt."""
    claimed = life.claim(planned(), NOON, PATIENCE)
    assert claimed.wake_at == NOON + MINUTE
    back = life.lease_ran_out(claimed, NOON + MINUTE, PATIENCE)
    assert (back.state, back.deaths, back.wake_at) == (State.PLANNED, 1, NOON + MINUTE)
    fifth = life.lease_ran_out(claimed._replace(deaths=4), NOON, PATIENCE)
    assert (fifth.state, fifth.reason) == (State.FAILED, Reason.TOO_MANY_DEATHS)
    doubtful = life.lease_ran_out(sending()._replace(deaths=4), NOON, PATIENCE)
    assert (doubtful.state, doubtful.deaths, doubtful.wake_at) == (State.UNKNOWN, 5, NOON + 15 * SECOND)


def test_a_wrong_key_burns_no_attempt() -> None:
    """A refused account leaves the message all its chances, and it waits five minutes."""
    after = life.misconfigured(sending(attempts=7), NOON, PATIENCE)
    assert (after.state, after.attempts, after.wake_at) == (State.PLANNED, 7, NOON + 5 * MINUTE)


def test_a_provider_out_of_reach_burns_no_attempt() -> None:
    """However long it is away, the message keeps its chances until it is too late for it."""
    after = life.held_up(sending(attempts=7), NOON, 0.5, None)
    assert (after.state, after.attempts, after.wake_at) == (State.PLANNED, 7, NOON + 15 * SECOND)
    assert life.held_up(sending(), NOON, 0.5, 5 * MINUTE).wake_at == NOON + 5 * MINUTE
    assert life.held_up(sending(), NOON, 0.5, timedelta(days=2)).state is State.EXPIRED


def test_a_retry_begins_anew() -> None:
    """A failed message gets all its chances again, and is useful for as long as it was the first time."""
    failed = life.refused_for_good(sending(attempts=3, deaths=1, resends=2))
    after = life.retry(failed, NOON + 48 * HOUR)
    assert (after.attempts, after.deaths, after.resends, after.negatives) == (0, 0, 0, 0)
    assert (after.state, after.due_at) == (State.PLANNED, NOON)
    assert (after.wake_at, after.not_after) == (NOON + 48 * HOUR, NOON + 48 * HOUR + 30 * MINUTE)


@pytest.mark.parametrize(
    ("attempts", "luck", "seconds"), [(1, 0.5, 15), (2, 0.5, 30), (8, 0.99, 3564), (1, 0.0, 1), (40, 0.5, 1800)]
)
def test_back_off_doubles_up_to_an_hour(attempts: int, luck: float, seconds: float) -> None:
    """The wait is a draw below 30 s doubled each time, never less than a second and never more than an hour."""
    assert back_off(attempts, luck) == timedelta(seconds=seconds)
