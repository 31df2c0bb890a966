"""Mutants of a module: its source with one small fault in it, as a slip of the hand would make it.

Not changed is what no test can or should see: annotations, decorators, docstrings, ``__all__``, messages (f-strings and
what is raised), and the signal of ``os.kill``, which would end other processes of this machine.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

_COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
_OPERATORS: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.Div: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Pow: ast.Mult,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.BitXor: ast.BitOr,
    ast.MatMult: ast.Mult,
}


@dataclass(frozen=True)
class Mutant:
    """One fault: ``after`` in place of the bytes ``start`` to ``end`` of the source.

    A test may see it that runs one of ``lines``: its own; for what the import runs, those that use the name it gets, or
    the body of the function whose default it is. If there are none, any test of the module may.
    """

    line: int
    start: int
    end: int
    before: str
    after: str
    lines: frozenset[int]

    def apply(self, source: str) -> str:
        """Return the source with the fault in it."""
        data = source.encode()
        return (data[: self.start] + self.after.encode() + data[self.end :]).decode()


def mutants_of(source: str) -> list[Mutant]:
    """All mutants of a source, in its order."""
    return list(_Walk(source).mutants())


class _Walk:
    """A walk over a syntax tree, which knows where in the source each node stands."""

    def __init__(self, source: str) -> None:
        self._tree = ast.parse(source)
        self._data = source.encode()
        self._starts = [0]
        for line in self._data.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._uses: dict[str, set[int]] = {}
        for function in ast.walk(self._tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                for node in (node for part in function.body for node in ast.walk(part)):
                    if isinstance(node, ast.Name):
                        self._uses.setdefault(node.id, set()).add(node.lineno)

    def mutants(self) -> Iterator[Mutant]:
        """Yield all mutants."""
        for statement in _children(self._tree):
            targets = getattr(statement, "targets", [getattr(statement, "target", ast.Pass())])
            names = [node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)]
            yield from self._below(statement, frozenset().union(*(self._uses.get(name, ()) for name in names)))

    def _below(self, node: ast.AST, lines: frozenset[int] | None) -> Iterator[Mutant]:
        """Yield the mutants of a node, then those of what is in it; no lines are those where each stands."""
        for place, after in _changes(node):
            yield self._mutant(place, after, lines)
        for child in _children(node):
            yield from self._below(child, _lines_of(node, child, lines))

    def _mutant(self, node: ast.expr | ast.stmt, after: str, lines: frozenset[int] | None) -> Mutant:
        start = self._starts[node.lineno - 1] + node.col_offset
        end = self._starts[(node.end_lineno or 0) - 1] + (node.end_col_offset or 0)
        lines = frozenset({node.lineno}) if lines is None else lines
        return Mutant(node.lineno, start, end, self._data[start:end].decode(), after, lines)


def _lines_of(node: ast.AST, child: ast.AST, lines: frozenset[int] | None) -> frozenset[int] | None:
    """Return the lines that tell of what is in a child; None if it runs where it stands, in a body."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None if isinstance(node, ast.Lambda) else lines
    if isinstance(child, ast.stmt):
        return None
    return frozenset(range(node.body[0].lineno, (node.end_lineno or 0) + 1))


def _changes(node: ast.AST) -> Iterator[tuple[ast.expr | ast.stmt, str]]:
    """Yield the nodes to be replaced, this one or one right below it, and what takes their place."""
    match node:
        case ast.Compare():
            for index, operator in enumerate(node.ops):
                for other in _COMPARISONS[type(operator)]:
                    ops = [*node.ops[:index], other(), *node.ops[index + 1 :]]
                    yield node, _text(ast.Compare(node.left, ops, node.comparators))
        case ast.BoolOp():
            yield node, _text(ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values))
        case ast.BinOp():
            yield node, _text(ast.BinOp(node.left, _OPERATORS[type(node.op)](), node.right))
        case ast.AugAssign():
            yield node, ast.unparse(ast.AugAssign(node.target, _OPERATORS[type(node.op)](), node.value))
        case ast.UnaryOp(op=ast.Not() | ast.USub()):
            yield node, _text(node.operand)
        case ast.Constant():
            yield from ((node, repr(value)) for value in _values(node.value))
        case ast.Return(value=ast.expr()) if not isinstance(node.value, ast.Constant):
            yield node, "return None"
        case ast.Raise() | ast.Delete() | ast.Expr(value=ast.Call()):
            yield node, "pass"
        case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield node, "pass"
        case ast.Break():
            yield node, "continue"
        case ast.Continue():
            yield node, "break"
        case _:
            yield from _negated(node)


def _negated(node: ast.AST) -> Iterator[tuple[ast.expr, str]]:
    """Yield the conditions of a node that are no comparison and no ``and``, ``or``, ``not``: these change as such."""
    conditions = node.ifs if isinstance(node, ast.comprehension) else []
    conditions = [node.test] if isinstance(node, ast.If | ast.While | ast.IfExp) else conditions
    for test in conditions:
        checked = isinstance(test, ast.Name) and test.id == "TYPE_CHECKING"
        if not checked and not isinstance(test, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.Constant | ast.NamedExpr):
            yield test, f"(not {ast.unparse(test)})"


def _values(value: object) -> tuple[object, ...]:
    """Return other values of a constant."""
    if isinstance(value, bool):
        return (not value,)
    if isinstance(value, float) and abs(value) > 100:
        return value * 2, value / 2
    if isinstance(value, int | float):
        return value + 1, value - 1
    if isinstance(value, str):
        return (f"{value}XX",)
    return (value + b"X",) if isinstance(value, bytes) else ()


def _text(node: ast.expr) -> str:
    return f"({ast.unparse(node)})"


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what is in a node, but not what stays as it is."""
    match node:
        case ast.JoinedStr() | ast.Raise() | ast.Import() | ast.ImportFrom() | ast.Pass():
            return
        case ast.If(test=ast.Name(id="TYPE_CHECKING")):
            yield from node.orelse
        case ast.Call(func=ast.Attribute(attr="kill")):
            yield from node.args[:1]
        case ast.Assign(targets=[ast.Name(id="__all__")]) | ast.Subscript(value=ast.Name(id="Literal")):
            return
        case ast.AnnAssign():
            yield from () if node.value is None else (node.value,)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            yield from (default for default in (*node.args.defaults, *node.args.kw_defaults) if default)
            yield from _without_docstring(node.body)
        case ast.Module() | ast.ClassDef():
            yield from _without_docstring(node.body)
        case _:
            yield from ast.iter_child_nodes(node)


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    return [part for part in body if not (isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant))]
