"""The figures of `/metrics`, asked of the collector itself."""

from datetime import UTC, datetime

from nudger.storage.figures import Figures, Lateness
from nudger.web.metrics import BOUNDS, families
from reference.tables import code, table

SAMPLE = Figures(
    states={("sms", "accepted"): 1},
    late={"sms": 1},
    lateness={"sms": Lateness((1,) * len(BOUNDS), 1, 1.0)},
    backlog=1,
    unknown=1,
    last_tick=datetime(2026, 1, 1, tzinfo=UTC),
    troubles=("backlog",),
    files=(0, datetime(2026, 1, 1, tzinfo=UTC)),
    last_backup=datetime(2026, 1, 1, tzinfo=UTC),
)


def metrics() -> str:
    """Name, kind, labels and meaning of each."""
    rows = (
        (code(family.name), family.type, ", ".join(code(label) for label in _labels(family)), family.documentation)
        for family in families(SAMPLE)
    )
    return table(("name", "kind", "labels", "meaning"), rows)


def _labels(family: object) -> list[str]:
    samples = family.samples  # type: ignore[attr-defined]
    return list(dict.fromkeys(label for sample in samples for label in sample.labels if label != "le"))
