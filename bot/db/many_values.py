"""Many values bound as one: a statement is the same for any number of them, and built once.

SQLite takes them as JSON, PostgreSQL as an array or JSON. It also goes through them on its own, where
``executemany`` and rows that are given back would let it ask for Python's lock once a row.
"""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, JSON, BindParameter, ColumnElement, Dialect, Integer, String, Text, bindparam, column
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.sql.selectable import TableValuedAlias
from sqlalchemy.types import TypeDecorator, TypeEngine


def among(column: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """That *column* is one of the numbers bound to *name* when the statement is executed."""
    numbers: BindParameter[Sequence[int]] = bindparam(name, type_=_Numbers)
    return _Among(column, numbers)


def entries(name: str) -> TableValuedAlias:
    """The mapping bound to *name* as a table: ``key``, a string, and ``value``, JSON."""
    pairs = _Entries(bindparam(name, type_=JSON))
    return pairs.table_valued(column("key", String), column("value", JSON), name=name)


class _Numbers(TypeDecorator[Sequence[int]]):
    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else ARRAY(Integer))

    def process_bind_param(self, value: Sequence[int] | None, dialect: Dialect) -> Any:
        numbers = list(value or ())
        return json.dumps(numbers) if dialect.name == "sqlite" else numbers


class _Among(FunctionElement[Any]):
    inherit_cache = True
    name = "among"


class _Entries(FunctionElement[Any]):
    inherit_cache = True
    name = "json_each"


@compiles(_Among)
def _among(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, numbers = (compiler.process(each, **kw) for each in element.clauses)
    return f"{column} = ANY ({numbers})"


@compiles(_Among, "sqlite")
def _among_on_sqlite(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, numbers = (compiler.process(each, **kw) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({numbers}))"


@compiles(_Entries)
def _entries(element: _Entries, compiler: SQLCompiler, **kw: Any) -> str:
    (bound,) = (compiler.process(each, **kw) for each in element.clauses)
    return f"json_each({bound})"
