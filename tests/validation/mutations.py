"""Mutations of Python source: one small fault each, of the kinds that tests should notice.

Written here because no library has these kinds: cosmic-ray mutates operators and numbers and needs a database and a web
client, mutmut chooses its mutants itself and rewrites the tree. Neither removes a statement, a keyword or a clipping,
nor swaps arguments or functions of numpy.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

Place = ast.expr | ast.stmt
"""Node of the source that has a line and a column."""
OTHER_COMPARISONS: dict[type[ast.cmpop], tuple[str, ...]] = {
    ast.Lt: ("<=", ">="),
    ast.LtE: ("<", ">"),
    ast.Gt: (">=", "<="),
    ast.GtE: (">", "<"),
    ast.Eq: ("!=",),
    ast.NotEq: ("==",),
    ast.Is: ("is not",),
    ast.IsNot: ("is",),
    ast.In: ("not in",),
    ast.NotIn: ("in",),
}
"""By comparison, those that take its place: the neighbour at the boundary, and the opposite."""
OTHER_OPERATORS: dict[type[ast.operator], ast.operator] = {
    ast.Add: ast.Sub(),
    ast.Sub: ast.Add(),
    ast.Mult: ast.Div(),
    ast.Div: ast.Mult(),
    ast.FloorDiv: ast.Mult(),
    ast.Mod: ast.Mult(),
    ast.Pow: ast.Mult(),
    ast.BitAnd: ast.BitOr(),
    ast.BitOr: ast.BitAnd(),
    ast.LShift: ast.RShift(),
    ast.RShift: ast.LShift(),
}
OTHER_FUNCTIONS = {
    "min": "max",
    "max": "min",
    "minimum": "maximum",
    "maximum": "minimum",
    "sum": "cumsum",
    "any": "all",
    "all": "any",
    "zeros": "ones",
    "ones": "zeros",
    "zeros_like": "ones_like",
    "floor": "ceil",
    "ceil": "floor",
    "log": "log1p",
    "log1p": "log",
    "exp": "expm1",
    "argmin": "argmax",
    "argmax": "argmin",
    "sorted": "list",
}
"""Functions that a hand may confuse, of Python and of numpy."""
REMOVABLE_FUNCTIONS = {"abs", "sqrt", "square", "cumsum", "maximum", "minimum", "max", "min", "clip", "negative"}
"""Functions that may be forgotten around an argument."""
SYMMETRIC_FUNCTIONS = {"min", "max", "minimum", "maximum", "add", "multiply"}
"""Functions whose arguments may be swapped."""
OTHER_TEXTS = {"left": "right", "right": "left"}


@dataclass(frozen=True)
class Mutant:
    """One fault in one file."""

    file: str
    """From the root of the project."""
    scope: str
    """Function or class, dotted; empty at the top of the module."""
    operator: str
    """Kind of the fault."""
    original: str
    replacement: str
    occurrence: int
    """Number of the same fault in the same scope, from 0 on."""
    line: int
    span: tuple[int, int]
    """Bytes of the source that are replaced."""

    @property
    def identity(self) -> str:
        """Name that stays while other parts of the file change."""
        repeated = f" #{self.occurrence + 1}" if self.occurrence else ""
        return f"{self.file}::{self.scope}: {self.operator}: {self.original} -> {self.replacement}{repeated}"

    def apply(self, source: str) -> str:
        """The source of the file with the fault."""
        content = source.encode()
        start, end = self.span
        return (content[:start] + self.replacement.encode() + content[end:]).decode()


def find_mutants(root: Path, file: str) -> list[Mutant]:
    """All mutants of a file of the project, in order of their places."""
    source = (root / file).read_text(encoding="utf-8")
    line_starts = [0]
    for line in source.encode().split(b"\n"):
        line_starts.append(line_starts[-1] + len(line) + 1)
    mutants = []
    occurrences: Counter[tuple[str, ...]] = Counter()
    for scope, node, operator, replacement in _mutations(ast.parse(source), ""):
        start = line_starts[node.lineno - 1] + node.col_offset
        end = line_starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        original = " ".join(ast.unparse(node).split())
        fault = (scope, operator, original, replacement)
        mutants.append(Mutant(file, *fault, occurrences[fault], node.lineno, (start, end)))
        occurrences[fault] += 1
    return mutants


def _mutations(node: ast.AST, scope: str) -> Iterator[tuple[str, Place, str, str]]:
    """Scope, node, kind and replacement of each mutation below a node."""
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        scope = f"{scope}.{node.name}" if scope else node.name
    if isinstance(node, ast.stmt):
        yield from ((scope, node, *change) for change in _statement_changes(node))
    if isinstance(node, ast.expr):
        yield from ((scope, node, operator, f"({text})") for operator, text in _expression_changes(node))
    for child in _mutable_children(node):
        yield from _mutations(child, scope)


def _mutable_children(node: ast.AST) -> Iterator[ast.AST]:
    """Children that are computed when the program runs: no annotations, texts, assertions, decorators or imports."""
    if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "zip":
        yield from node.args  # `strict` asserts
        return
    if isinstance(node, ast.Assert | ast.JoinedStr | ast.Import | ast.ImportFrom | ast.Raise):
        return
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _is_not_computed(node):
        return
    skipped = {"annotation", "returns", "decorator_list", "bases", "type_params"}
    for name, value in ast.iter_fields(node):
        if name not in skipped:
            yield from (
                child for child in (value if isinstance(value, list) else [value]) if isinstance(child, ast.AST)
            )


def _is_not_computed(node: ast.Assign) -> bool:
    """Return whether an assignment names a type, or what the module offers."""
    target = node.targets[0]
    is_alias = isinstance(node.value, ast.Subscript | ast.BinOp) and node.col_offset == 0
    assert isinstance(target, ast.Name)
    return target.id == "__all__" or (is_alias and not target.id.isupper())


def _statement_changes(node: ast.stmt) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Expr(value=ast.Call()) | ast.Continue() | ast.Break():
            yield "statement removed", "pass"
        case ast.AugAssign(op=op):
            yield "statement removed", "pass"
            if other := OTHER_OPERATORS.get(type(op)):
                yield "other operator", ast.unparse(ast.AugAssign(node.target, other, node.value))
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield "statement removed", "pass"
        case ast.Assign(targets=[ast.Name(id=name)]) if name in _names(node.value):
            yield "statement removed", "pass"
        case ast.Return(value=value) if value is not None and not _is_none(value):
            yield "None returned", "return None"
        case ast.If(body=[ast.Return() | ast.Raise() | ast.Continue()], orelse=[]):
            yield "guard removed", "pass"


def _expression_changes(node: ast.expr) -> Iterator[tuple[str, str]]:
    match node:
        case ast.IfExp(body=body, orelse=orelse):
            yield "always the first", ast.unparse(body)
            yield "always the second", ast.unparse(orelse)
        case ast.Constant(value=value):
            if (text := _other_constant(value)) is not None:
                yield "other constant", text
        case ast.Subscript(value=value, slice=ast.Slice(lower=lower, upper=upper, step=step)):
            if lower is not None:
                yield "bound removed", ast.unparse(ast.Subscript(value, ast.Slice(None, upper, step)))
            if upper is not None:
                yield "bound removed", ast.unparse(ast.Subscript(value, ast.Slice(lower, None, step)))
        case ast.Call():
            yield from _call_changes(node)
        case _:
            yield from _operator_changes(node)


def _operator_changes(node: ast.expr) -> Iterator[tuple[str, str]]:
    match node:
        case ast.Compare(left=first, ops=[op], comparators=[second]):
            for other in OTHER_COMPARISONS[type(op)]:
                yield "other comparison", f"{ast.unparse(first)} {other} {ast.unparse(second)}"
        case ast.BinOp(op=op) if type(op) in OTHER_OPERATORS and not _has_text(node):
            yield "other operator", ast.unparse(ast.BinOp(node.left, OTHER_OPERATORS[type(op)], node.right))
        case ast.BoolOp(op=op, values=values):
            yield "other operator", ast.unparse(ast.BoolOp(ast.Or() if isinstance(op, ast.And) else ast.And(), values))
        case ast.UnaryOp(operand=operand):
            yield "operator removed", ast.unparse(operand)


def _call_changes(node: ast.Call) -> Iterator[tuple[str, str]]:
    """Arguments swapped, keywords dropped, the function another or forgotten."""
    name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
    args = node.args
    is_asymmetric = len(args) > 1 and name not in SYMMETRIC_FUNCTIONS
    if is_asymmetric and not any(isinstance(arg, ast.Constant | ast.Starred) for arg in args[:2]):
        yield "arguments swapped", ast.unparse(ast.Call(node.func, [args[1], args[0], *args[2:]], node.keywords))
    for keyword in node.keywords:
        if keyword.arg is not None and name != "zip":
            kept = [other for other in node.keywords if other is not keyword]
            yield "keyword dropped", ast.unparse(ast.Call(node.func, args, kept))
    if name in OTHER_FUNCTIONS and (other := _other_function(node.func, OTHER_FUNCTIONS[name])) is not None:
        yield "other function", ast.unparse(ast.Call(other, args, node.keywords))
    forgotten = [arg for arg in args if not isinstance(arg, ast.Constant | ast.Starred)][:1]
    if name in REMOVABLE_FUNCTIONS and forgotten:
        yield "function forgotten", ast.unparse(forgotten[0])


def _other_function(function: ast.expr, name: str) -> ast.expr | None:
    if isinstance(function, ast.Attribute):
        return ast.Attribute(function.value, name)
    return None if name == "cumsum" else ast.Name(name)


def _other_constant(value: object) -> str | None:
    match value:
        case bool():
            return str(not value)
        case int():
            return str(value + 1)
        case float():
            return repr(2 * value if value else 1.0)
        case str():
            return repr(OTHER_TEXTS[value]) if value in OTHER_TEXTS else None
    return None


def _names(node: ast.AST) -> set[str]:
    return {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}


def _has_text(node: ast.BinOp) -> bool:
    return any(
        isinstance(side, ast.JoinedStr) or (isinstance(side, ast.Constant) and isinstance(side.value, str))
        for side in (node.left, node.right)
    )


def _is_none(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is None
