from parts.databases import (
    database,
    empty_database,
    postgres,
    postgres_database,
    sqlite_database,
    sqlite_url,
    template,
)

__all__ = [
    "database",
    "empty_database",
    "postgres",
    "postgres_database",
    "sqlite_database",
    "sqlite_url",
    "template",
]
