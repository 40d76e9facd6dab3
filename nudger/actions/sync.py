"""Bring the database to what the operator's files say."""

from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from nudger.domain.people import ChannelKind, Couple
from nudger.domain.schedules import Schedule
from nudger.storage import tables
from nudger.storage.codec import digest, encode_calendar, encode_couple, encode_schedule
from nudger.storage.database import Database
from nudger.storage.demo import consent_as_demo
from nudger.storage.enrollments import enroll, enrolled, leave, replan
from nudger.storage.roster import (
    Kept,
    Written,
    keep_couples,
    keep_schedules,
    kept,
    retire,
    stored_couples,
    stored_schedules,
    take_turns,
)
from nudger.storage.sealed import DIGEST
from nudger.storage.vault import Vault, vault_of


@dataclass(frozen=True, slots=True)
class Changes:
    """Keys of couples or schedules that are new or back again, edited, and gone from the files."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    retired: tuple[str, ...] = ()

    @property
    def to_keep(self) -> tuple[str, ...]:
        """Those the database has not, or not as they are now."""
        return self.added + self.changed


@dataclass(frozen=True, slots=True)
class Moves:
    """How many enrollments were joined, left, and planned afresh because of an edit."""

    joined: int = 0
    left: int = 0
    replanned: int = 0

    def __add__(self, other: "Moves") -> "Moves":
        return Moves(self.joined + other.joined, self.left + other.left, self.replanned + other.replanned)


@dataclass(frozen=True, slots=True)
class Doubtful:
    """Keys that are written in the files and cannot be read: these keep their last good version.

    With `hidden` a whole file cannot be read, so that whatever is not found may still be written there.
    """

    couples: AbstractSet[str] = frozenset()
    schedules: AbstractSet[str] = frozenset()
    hidden: bool = False


NOTHING = Doubtful()


@dataclass(frozen=True, slots=True)
class SyncReport:
    """What syncing did; equal to `SyncReport()` where the database was as the files say already."""

    couples: Changes = Changes()
    schedules: Changes = Changes()
    enrollments: Moves = Moves()


def sync(
    database: Database,
    couples: Sequence[Couple],
    schedules: Sequence[Schedule],
    now: datetime,
    demo: Collection[ChannelKind] = frozenset(),
    *,
    doubtful: Doubtful = NOTHING,
) -> SyncReport:
    """Make these the couples and schedules, and enroll each couple where a schedule is for it, all in one transaction.

    What is unchanged is left alone; what is edited is planned afresh from `now` (aware), except what was sent or is on
    its way; what is gone is planned no more. `demo` names the channels that reach nobody and may say yes by themselves.
    What is `doubtful` stays as it is, with all that is planned for it. StorageError where the database fails.
    """
    rules = {schedule.key: _written_schedule(schedule) for schedule in schedules}
    with database.write() as connection:
        take_turns(connection)
        people = {couple.key: _written_couple(vault_of(connection), couple) for couple in couples}
        known_people, known_rules = kept(connection, tables.couples), kept(connection, tables.schedules)
        old_couples = stored_couples(connection, _staying(people, known_people, doubtful.couples, doubtful))
        old_schedules = stored_schedules(connection, _staying(rules, known_rules, doubtful.schedules, doubtful))
        people_changes = _compare(people, known_people, {couple.key for couple in old_couples})
        rule_changes = _compare(rules, known_rules, {schedule.key for schedule in old_schedules})
        couple_ids = _ids(known_people) | keep_couples(connection, [people[key] for key in people_changes.to_keep], now)
        schedule_ids = _ids(known_rules) | keep_schedules(connection, [rules[key] for key in rule_changes.to_keep])
        retire(connection, tables.couples, [couple_ids[key] for key in people_changes.retired], now)
        retire(connection, tables.schedules, [schedule_ids[key] for key in rule_changes.retired], now)
        edited = {couple_ids[key] for key in people_changes.changed}
        moves = Moves()
        all_couples = [*couples, *old_couples]
        for schedule in (*schedules, *old_schedules):
            wanted = {couple_ids[couple.key] for couple in all_couples if schedule.target.covers(couple)}
            afresh = wanted if schedule.key in rule_changes.changed else edited
            moves += _enroll(connection, schedule_ids[schedule.key], wanted, afresh, now)
        for key in rule_changes.retired:
            moves += _enroll(connection, schedule_ids[key], frozenset(), frozenset(), now)
        consent_as_demo(connection, demo, now)
    return SyncReport(people_changes, rule_changes, moves)


def _written_couple(vault: Vault, couple: Couple) -> Written[Couple]:
    spec, calendar = encode_couple(couple), encode_calendar(couple)
    # Keyed: nobody without the keys can try out whose names and addresses a digest is of.
    return Written(couple, spec, vault.blind(DIGEST, digest(spec + calendar)), calendar)


def _written_schedule(schedule: Schedule) -> Written[Schedule]:
    spec = encode_schedule(schedule)
    return Written(schedule, spec, digest(spec))


def _ids(known: Mapping[str, Kept]) -> dict[str, int]:
    return {key: one.id for key, one in known.items()}


def _staying(
    written: Mapping[str, Written[Any]], known: Mapping[str, Kept], keys: AbstractSet[str], doubtful: Doubtful
) -> list[str]:
    """Keys in use that were not read, and are not gone either."""
    in_use = {key for key, one in known.items() if not one.retired} - written.keys()
    return sorted(in_use if doubtful.hidden else in_use & keys)


def _compare(written: Mapping[str, Written[Any]], known: Mapping[str, Kept], stay: AbstractSet[str]) -> Changes:
    in_use = {key: one for key, one in known.items() if not one.retired}
    return Changes(
        added=tuple(key for key in written if key not in in_use),
        changed=tuple(key for key, one in written.items() if key in in_use and in_use[key].digest != one.digest),
        retired=tuple(key for key in in_use if key not in written and key not in stay),
    )


def _enroll(
    connection: Connection, schedule_id: int, wanted: AbstractSet[int], afresh: AbstractSet[int], now: datetime
) -> Moves:
    """Bring one schedule's enrollments to the couples (by id) it is for; those of `afresh` that stay are replanned."""
    before = enrolled(connection, schedule_id)
    active = {couple_id for couple_id, enrollment in before.items() if enrollment.active}
    back = (wanted & before.keys()) - active
    stay_edited = wanted & active & afresh
    enroll(connection, schedule_id, sorted(wanted - before.keys()), now)
    replan(connection, sorted(before[couple_id].id for couple_id in back | stay_edited), now)
    leave(connection, sorted(before[couple_id].id for couple_id in active - wanted), now)
    return Moves(len(wanted - active), len(active - wanted), len(stay_edited))
