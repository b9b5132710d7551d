"""Descriptions of the keys of the language: the docstrings of the fields of its records, read when they are shown.

pydantic reads them as each class is made (`use_attribute_docstrings`): .12 s at every start, for texts that only the
JSON Schema and the reference page need.
"""

from __future__ import annotations

import ast
import inspect
from functools import cache
from itertools import pairwise

from pydantic import BaseModel

__all__ = ["describe_fields"]


@cache
def describe_fields(record: type[BaseModel]) -> dict[str, str]:
    """Read the docstrings of the fields of a record, those of its bases included.

    Parameters
    ----------
    record : type of BaseModel
        A class of the plan.

    Returns
    -------
    dict of str to str
        By name of the field; a field without a docstring has no entry.
    """
    descriptions: dict[str, str] = {}
    for base in reversed(record.__mro__):
        if issubclass(base, BaseModel) and base is not BaseModel:
            descriptions |= _attribute_docstrings(base)
    return {name: text for name, text in descriptions.items() if name in record.model_fields}


def _attribute_docstrings(record: type[BaseModel]) -> dict[str, str]:
    """The text that stands below each annotated attribute in the body of a class."""
    (definition,) = ast.parse(inspect.getsource(record)).body
    assert isinstance(definition, ast.ClassDef)
    docstrings = {}
    for statement, following in pairwise(definition.body):
        match statement, following:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                docstrings[name] = inspect.cleandoc(text)
    return docstrings
