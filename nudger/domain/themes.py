"""The seven themes every idea and prompt belongs to."""

from nudger.domain.words import Word


class Theme(Word):
    """What a nudge is good for."""

    QUALITY_TIME = "quality_time"
    CURIOSITY = "curiosity"
    INTIMACY = "intimacy"
    SPONTANEITY = "spontaneity"
    APPRECIATION = "appreciation"
    GROWTH = "growth"
    COMMUNICATION = "communication"
