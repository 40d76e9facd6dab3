"""Figures in Prometheus's text format, read from the tables when asked: the same whichever process is asked."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, HistogramMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from prometheus_client.registry import Collector

from nudger.storage.database import Database
from nudger.storage.figures import Figures, Lateness, figures

Labels = tuple[str, ...]

CONTENT_TYPE = CONTENT_TYPE_PLAIN_0_0_4
#: Seconds: a second is a tick, 30 minutes the usual `late` of a text.
BOUNDS = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)


def exposition(database: Database, now: datetime) -> bytes:
    """All figures as of `now` (aware). StorageError where the database does not answer."""
    with database.read() as connection:
        read = figures(connection, now, BOUNDS)
    registry = CollectorRegistry()
    registry.register(_Read(read))
    return generate_latest(registry)


def families(read: Figures) -> list[Metric]:
    """Every figure under the name, with the labels and the words it is published with."""
    return list(_Read(read).collect())


class _Read(Collector):
    """Figures already read, in the form the library writes out."""

    def __init__(self, read: Figures) -> None:
        self._read = read

    def collect(self) -> Iterator[Metric]:
        read = self._read
        yield _by_labels("nudger_messages", "Messages due in the last 24 hours.", ("channel", "state"), read.states)
        late = {(channel,): number for channel, number in read.late.items()}
        yield _by_labels("nudger_late", "Messages of the last 24 hours that came too late to send.", ("channel",), late)
        yield GaugeMetricFamily("nudger_due", "Messages past their moment that still wait.", value=read.backlog)
        yield GaugeMetricFamily("nudger_unknown", "Messages a provider may or may not have.", value=read.unknown)
        troubles = dict.fromkeys(((name,) for name in read.troubles), 1)
        yield _by_labels("nudger_trouble", "Conditions the operator is told of.", ("condition",), troubles)
        if read.last_tick is not None:
            seconds = read.last_tick.timestamp()
            yield GaugeMetricFamily("nudger_last_tick_timestamp_seconds", "The daemon's last sign of life.", seconds)
        if read.files is not None:
            faults, at = read.files
            yield GaugeMetricFamily("nudger_files_faults", "Faults in the files at their last reading.", value=faults)
            about = "When the files were read last."
            yield GaugeMetricFamily("nudger_files_read_timestamp_seconds", about, value=at.timestamp())
        yield GaugeMetricFamily("nudger_held", "1 while a restore holds all sending.", value=int(read.held))
        if read.last_backup is not None:
            about = "When the last backup was made."
            yield GaugeMetricFamily("nudger_backup_timestamp_seconds", about, value=read.last_backup.timestamp())
        yield _histogram(read.lateness)


def _by_labels(name: str, about: str, labels: Labels, values: Mapping[Any, int]) -> Metric:
    family = GaugeMetricFamily(name, about, labels=labels)
    for label, number in sorted(values.items()):
        family.add_metric(label, number)
    return family


def _histogram(lateness: dict[str, Lateness]) -> Metric:
    about = "Seconds from a message's moment until it left, over the last 24 hours."
    family = HistogramMetricFamily("nudger_lateness_seconds", about, labels=("channel",))
    for channel, one in sorted(lateness.items()):
        counts = zip((str(bound) for bound in BOUNDS), one.within, strict=True)
        family.add_metric((channel,), [*counts, ("+Inf", one.number)], sum_value=one.total_seconds)
    return family
