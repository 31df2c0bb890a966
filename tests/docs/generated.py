"""The parts of the documents that the code writes: the help of every command, fields and codes, the rooms.

Run as ``python tests/docs/generated.py`` to write them anew. A part stands between ``<!-- name: written by ... -->``
and ``<!-- end -->``; what stands around it is written by hand. test_docs.py compares.
"""

import ast
import json
import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click

from imgcluster.cli import app
from imgcluster.cli._codes import CODES
from imgcluster.facts import Code, Reason
from imgcluster.picture import FORMATS, LEFT_OUT
from imgcluster.wording import LOSSES, REASONS

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "imgcluster"
MANUAL = PACKAGE / "cli" / "MANUAL.md"
BATCH = PACKAGE / "batch" / "README.md"
CONTRIBUTING = REPOSITORY / "CONTRIBUTING.md"
PICTURES = PACKAGE / "picture" / "README.md"
DOCUMENTS = (MANUAL, BATCH, CONTRIBUTING, PICTURES)
# in the words of reasons, what is no value of theirs
FLAGS = {"force", "timeout", "max_memory", "in_place", "name", "debug"}

PART = re.compile(r"(?P<begin><!-- (?P<name>[^:]+): written by \S+ -->\n).*?(?P<end><!-- end -->)", re.DOTALL)


def commands() -> dict[str, click.Context]:
    """Return a context of every command and group by the words that call it, in the order of the help."""
    root = click.Context(app, info_name="imgcluster", **app.context_settings)
    return {ctx.command_path: ctx for ctx in _below(root)}


def _below(ctx: click.Context) -> Iterator[click.Context]:
    """Yield a command's context, then those of its subcommands."""
    yield ctx
    if isinstance(ctx.command, click.Group):
        for name in ctx.command.list_commands(ctx):
            command = ctx.command.get_command(ctx, name)
            assert command is not None
            yield from _below(click.Context(command, info_name=name, parent=ctx))


def manual_of(ctx: click.Context) -> str:
    """Write what a command's help says: synopsis, description, options, subcommands, examples."""
    command = ctx.command
    parts = [
        _code(" ".join([ctx.command_path, *command.collect_usage_pieces(ctx)])),
        _prose(command.help or ""),
        _options(ctx),
        *_epilog(command.epilog or ""),
    ]
    if isinstance(command, click.Group):
        below = [(name, command.get_command(ctx, name)) for name in command.list_commands(ctx)]
        rows = [(f"`{name}`", _prose(found.get_short_help_str(200))) for name, found in below if found is not None]
        parts.insert(3, _table(("command", "meaning"), rows))
    return "\n\n".join(parts)


def _options(ctx: click.Context) -> str:
    """Write a table of the options of a command."""
    rows = []
    for parameter in ctx.command.get_params(ctx):
        record = parameter.get_help_record(ctx) if isinstance(parameter, click.Option) else None
        if record is None:
            continue
        meaning, _, default = record[1].partition("  [default: ")
        rows.append((f"`{record[0]}`", _prose(meaning), default.removesuffix("]")))
    return _table(("option", "meaning", "default"), rows)


def _epilog(text: str) -> Iterator[str]:
    """Write the lists below the options: a line that ends in a colon, and what is indented below it."""
    for block in filter(None, (block.strip("\n") for block in text.split("\b\n"))):
        title, *lines = block.splitlines()
        if lines:
            yield f"{title}\n\n{_code(*(line.removeprefix('  ') for line in lines))}"
        else:
            yield _prose(title)


def _code(*lines: str) -> str:
    """Write lines as they are on a terminal."""
    return "\n".join(["```text", *lines, "```"])


def _prose(text: str) -> str:
    """Write a text of the help as Markdown: options are code, paragraphs are lines."""
    paragraphs = [" ".join(paragraph.split()) for paragraph in text.split("\n\n")]
    return "\n\n".join(re.sub(r"(?<![\w-])--?[a-zA-Z][a-z-]*", r"`\g<0>`", paragraph) for paragraph in paragraphs)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Write a table."""
    lines: list[Sequence[str]] = [
        head,
        ["---"] * len(head),
        *([cell.replace("|", r"\|") for cell in row] for row in rows),
    ]
    return "\n".join(f"| {' | '.join(line)} |".replace("|  |", "| |") for line in lines)


def fields() -> str:
    """Write a table of the fields of a result, as the schema has them."""
    schema = json.loads((PACKAGE / "batch" / "manifest.schema.json").read_text(encoding="utf-8"))
    rows = [(f"`{name}`", _kind(field), field["description"]) for name, field in schema["properties"].items()]
    return _table(("field", "type", "meaning"), rows)


def _kind(field: dict[str, Any]) -> str:
    """Name the types of a field of the schema."""
    if "anyOf" in field:
        return " or ".join(map(_kind, field["anyOf"]))
    if "const" in field:
        return f'"{field["const"]}"'
    if "enum" in field:
        return "code or null" if None in field["enum"] else ", ".join(f'"{value}"' for value in field["enum"])
    types = field["type"] if isinstance(field["type"], list) else [field["type"]]
    if types == ["array"]:
        items = field["items"]
        return "list of codes" if "enum" in items else "list of strings"
    return " or ".join(types)


def reasons() -> str:
    """Write a table of the codes of reasons, with their words on the command line."""
    rows = []
    for code, words in REASONS.items():
        values = {name: name.upper() for name in re.findall(r"(?<!\{)\{(\w+)\}", words) if name not in FLAGS}
        rows.append((f"`{code}`", Reason(Code(code), values).in_flags()))
    return _table(("code", "words"), rows)


def losses() -> str:
    """Write a table of the codes of losses."""
    return _table(("code", "words"), [(f"`{code}`", words) for code, words in LOSSES.items()])


def exit_codes() -> str:
    """Write a table of the exit codes."""
    return _table(("code", "meaning"), [(str(int(code)), words) for code, (_, words) in CODES.items()])


def formats_read() -> str:
    """Write a table of the formats that are read."""
    rows = []
    for format in FORMATS.values():
        endings = " ".join(f"`{ending}`" for ending in (*format.endings, *format.also_read))
        rows.append((format.title, endings, f"`{format.way_in}`" if format.extra else ""))
    return _table(("format", "endings", "needs"), rows)


def formats_left_out() -> str:
    """Write a table of what is not read."""
    rows = [(kind.title, " ".join(f"`{ending}`" for ending in kind.endings), kind.way_out) for kind in LEFT_OUT]
    return _table(("kind", "endings", "way out"), rows)


def layers() -> tuple[frozenset[str], ...]:
    """Return the layers that test_layers.py holds the rooms to, from the top."""
    tree = ast.parse((REPOSITORY / "tests" / "test_layers.py").read_text(encoding="utf-8"))
    (value,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "LAYERS" for t in node.targets)
    )
    return tuple(frozenset(layer) for layer in ast.literal_eval(value))


def rooms() -> str:
    """Draw the rooms, a line each, numbered by layer, with the first line of their docstrings."""
    lines = []
    for number, layer in enumerate(layers(), 1):
        for i, room in enumerate(sorted(layer)):
            lines.append(f"{'' if i else number:>2}  {room:<12}  {_first_line(room)}")
    return _code(*lines)


def _first_line(room: str) -> str:
    """Return the first line of a room's docstring."""
    path = PACKAGE / room / "__init__.py" if (PACKAGE / room).is_dir() else PACKAGE / f"{room}.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.splitlines()[0].replace("``", "")


def parts() -> dict[str, Callable[[], str]]:
    """Return what writes each part, by its name."""
    found: dict[str, Callable[[], str]] = {"fields": fields, "reasons": reasons, "losses": losses, "rooms": rooms}
    found |= {"exit codes": exit_codes, "formats that are read": formats_read, "what is not read": formats_left_out}
    for path, ctx in commands().items():
        found[f"help of {path}"] = partial(manual_of, ctx)
    return found


def renewed(text: str) -> str:
    """Return a document with its parts written anew."""
    writers = parts()
    return PART.sub(lambda found: f"{found['begin']}\n{writers[found['name']]()}\n\n{found['end']}", text)


def main() -> None:
    """Write all parts anew, and name the documents that have changed."""
    for path in DOCUMENTS:
        text = path.read_text(encoding="utf-8")
        if (new := renewed(text)) != text:
            path.write_text(new, encoding="utf-8")
            print(path.relative_to(REPOSITORY))


if __name__ == "__main__":
    main()
