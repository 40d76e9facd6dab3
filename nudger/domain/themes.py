"""The seven themes every idea and prompt belongs to."""

from enum import StrEnum


class Theme(StrEnum):
    """What a nudge is good for."""

    QUALITY_TIME = "quality_time"
    CURIOSITY = "curiosity"
    INTIMACY = "intimacy"
    SPONTANEITY = "spontaneity"
    APPRECIATION = "appreciation"
    GROWTH = "growth"
    COMMUNICATION = "communication"
