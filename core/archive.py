"""The whole learner database as plain tables, out and in: what the JSON export is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import JSON, Column, DateTime, Table, insert, select, update
from sqlalchemy.exc import DBAPIError, StatementError
from sqlalchemy.orm import Session

from core import records
from core.db import Base, Database
from core.errors import DocumentError

Rows = list[dict[str, Any]]
HELP = "Nothing was imported. Export again from Groundwork and import that file unchanged."
TABLES = ("conversations", "messages", "preferences", *(
    row.__tablename__ for row in (records.CardRow, records.ReviewLogRow, records.AttemptRow, records.FlagRow,
                                  records.InterviewRow, records.UncoveredRow)
))


def dump_tables(database: Database) -> dict[str, Rows]:
    """Every table of the learner database as JSON-ready rows, sorted by key: equal contents give equal dumps."""
    with database.session() as session:
        return {name: [_encode(row) for row in _sorted_rows(session, Base.metadata.tables[name])] for name in TABLES}


def load_tables(database: Database, tables: Mapping[str, Rows]) -> dict[str, int]:
    """Add dumped rows in one transaction. Returns how many rows were added or replaced, by table.

    A row whose key is there already is replaced when it has an `updated_at` and the incoming one is later; one without (an attempt,
    a message) only gets the values that are empty here: a grade, a rating, a thumb given later. Importing twice adds nothing.

    Raises:
        DocumentError: a row does not fit its table; nothing is written then.
        StorageError: the database cannot be written.
    """
    missing = [name for name in TABLES if name not in tables]
    unknown = [name for name in tables if name not in TABLES]
    if missing or unknown:
        raise DocumentError(f"The file has not the tables expected here: {', '.join(missing + unknown)}.", help=HELP)
    decoded = {name: [_decode(Base.metadata.tables[name], row, n) for n, row in enumerate(tables[name], 1)] for name in TABLES}
    _check_references(database, decoded)
    with database.session() as session:
        try:
            return {name: _merge(session, Base.metadata.tables[name], decoded[name]) for name in TABLES}
        except (UnicodeEncodeError, OverflowError) as error:
            raise DocumentError(f"The file holds a value that cannot be stored ({error}).", help=HELP) from error
        except StatementError as error:
            if isinstance(error, DBAPIError) and not isinstance(error.orig, OverflowError | UnicodeError):
                raise
            raise DocumentError(f"The file holds a value that cannot be stored ({error.orig}).", help=HELP) from error


def _key(table: Table) -> Column[Any]:
    return next(iter(table.primary_key.columns))


def _sorted_rows(session: Session, table: Table) -> list[Mapping[str, Any]]:
    rows = session.execute(select(table)).mappings().all()
    return sorted((dict(row) for row in rows), key=lambda row: str(row[_key(table).name]))


def _encode(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _moment_text(value) if isinstance(value, datetime) else value for name, value in row.items()}


def _moment_text(moment: datetime) -> str:
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).isoformat()


def _decode(table: Table, row: Any, number: int) -> dict[str, Any]:
    """A dumped row with moments as datetimes. Raises DocumentError when a column is missing, unknown or of another type."""
    place = f"Row {number} of {table.name}"
    if not isinstance(row, dict) or set(row) != set(table.columns.keys()):
        raise DocumentError(f"{place} has not the columns expected there.", help=HELP)
    return {column.name: _decode_value(column, row[column.name], place) for column in table.columns}


def _decode_value(column: Column[Any], value: Any, place: str) -> Any:
    problem = DocumentError(f"{place}: the value of {column.name} cannot be used.", help=HELP)
    if value is None:
        if column.nullable:
            return None
        raise problem
    if isinstance(column.type, DateTime | records.Moment):
        return _decode_moment(column, value, problem)
    kind: type = dict if isinstance(column.type, JSON) else column.type.python_type
    if kind is float and type(value) is int:
        value = float(value)
    if type(value) is not kind:
        raise problem
    return value


def _decode_moment(column: Column[Any], value: Any, problem: DocumentError) -> datetime:
    try:
        moment = datetime.fromisoformat(value)
        if moment.tzinfo is None:
            raise problem
        moment = moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError) as error:
        raise problem from error
    return moment if isinstance(column.type, records.Moment) else moment.replace(tzinfo=None)


def _check_references(database: Database, decoded: Mapping[str, Rows]) -> None:
    """Every key at most once, and every reference to a row of the file or of the database. Raises DocumentError."""
    for name, rows in decoded.items():
        table = Base.metadata.tables[name]
        key = _key(table).name
        if len({row[key] for row in rows}) != len(rows):
            raise DocumentError(f"The table {name} holds a row twice.", help=HELP)
        for foreign in table.foreign_keys:
            target = foreign.column.table
            with database.session() as session:
                known = set(session.scalars(select(_key(target)))) | {row[_key(target).name] for row in decoded[target.name]}
            if any(row[foreign.parent.name] not in known for row in rows):
                raise DocumentError(f"A row of {name} belongs to one of {target.name} that is not in the file.", help=HELP)


def _merge(session: Session, table: Table, rows: Sequence[dict[str, Any]]) -> int:
    key = _key(table).name
    there = {row[key]: dict(row) for row in session.execute(select(table)).mappings()}
    new = [row for row in rows if row[key] not in there]
    if new:
        session.execute(insert(table), new)
    changed = 0
    for row in rows:
        if (old := there.get(row[key])) and (values := _changes(old, row)):
            session.execute(update(table).where(_key(table) == row[key]).values(values))
            changed += 1
    return len(new) + changed


def _changes(old: Mapping[str, Any], row: dict[str, Any]) -> dict[str, Any]:
    """What an incoming row changes in the one that is there."""
    if "updated_at" in row:
        return row if old["updated_at"] < row["updated_at"] else {}
    return {name: value for name, value in row.items() if old[name] is None and value is not None}
