"""The columns of a table that a figure takes."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from imgcluster.files import NamedTable

_MOST_NAMES = 12  # in a message


def check_columns(table: "NamedTable", wanted: tuple[int, ...], kind: str) -> None:
    """Reject a table of more or fewer columns than a figure shows, and say which could be chosen."""
    n_columns, available = table.values.shape[1], table.available
    if not wanted or n_columns in wanted:
        return
    needs = f"{kind} needs {' or '.join(map(str, wanted))} columns"
    names = f"{', '.join(available[:_MOST_NAMES])}{', ...' if len(available) > _MOST_NAMES else ''}"
    has = f"it has {len(available)} ({names})"
    if n_columns < len(available):
        has = f"{n_columns} of {len(available)} ({names}) {'is' if n_columns == 1 else 'are'} chosen"
    if len(available) < wanted[-1]:
        raise ValueError(f"{kind} needs {wanted[-1]} columns, and {has}; give a table with more")
    raise ValueError(f"{needs}, and {has}; name them: --columns {_example(available, table.names, wanted[-1])}")


def _example(available: tuple[str, ...], chosen: tuple[str, ...], n_columns: int) -> str:
    """Return columns to name, those that were chosen first; by their numbers if a shell or a comma would cut a name."""
    order = sorted(range(len(available)), key=lambda i: available[i] not in chosen)[:n_columns]
    plain = all(name.replace("_", "a").isalnum() and available.count(name) == 1 for name in available)
    return ",".join(available[i] if plain else str(i + 1) for i in order)
