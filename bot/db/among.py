"""A condition of numbers as one bound value: however many there are, it is the same statement, built once."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ARRAY, BindParameter, ColumnElement, Dialect, Integer, Text, bindparam
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine


class _Numbers(TypeDecorator[Sequence[int]]):
    """An array, or its JSON where there are none."""

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


def among(column: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """That *column* is one of the numbers bound to *name* when the statement is executed."""
    numbers: BindParameter[Sequence[int]] = bindparam(name, type_=_Numbers)
    return _Among(column, numbers)


@compiles(_Among)
def _as_array(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, numbers = (compiler.process(each, **kw) for each in element.clauses)
    return f"{column} = ANY ({numbers})"


@compiles(_Among, "sqlite")
def _as_json(element: _Among, compiler: SQLCompiler, **kw: Any) -> str:
    column, numbers = (compiler.process(each, **kw) for each in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({numbers}))"
