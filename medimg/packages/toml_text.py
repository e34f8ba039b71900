"""Write a manifest as TOML text: the standard library reads TOML and does not write it."""

from __future__ import annotations

import json
from collections.abc import Mapping

Value = object


def inline(value: Value) -> str:
    """One value on one line: a text, a number, a list, or a table in braces.

    Raises:
        TypeError: TOML has no such value (None, for one).
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        # JSON's escapes are a subset of TOML's.
        return json.dumps(value, ensure_ascii=False)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return repr(round(value, 6))
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {inline(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(inline(part) for part in value) + "]"
    raise TypeError(f"TOML has no way to write {value!r}")


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() else json.dumps(name)


def _lines(table: Mapping[str, Value]) -> list[str]:
    return [f"{_key(key)} = {inline(value)}" for key, value in table.items()]


def _is_tables(value: Value) -> bool:
    return (
        isinstance(value, list | tuple)
        and bool(value)
        and all(isinstance(part, Mapping) for part in value)
    )


def document(content: Mapping[str, Value]) -> str:
    """A whole document: plain values first, then tables, then lists of tables, in their order.

    Tables below the first level are written in one line, the rules of `[[inputs]]` apart.
    """
    plain = {k: v for k, v in content.items() if not isinstance(v, Mapping) and not _is_tables(v)}
    lines = _lines(plain)
    for name, value in content.items():
        if name in plain:
            continue
        parts = [value] if isinstance(value, Mapping) else list(value)  # type: ignore[call-overload]
        heading = f"[{name}]" if isinstance(value, Mapping) else f"[[{name}]]"
        for part in parts:
            lists = {k: v for k, v in part.items() if _is_tables(v)}
            lines += ["", heading, *_lines({k: v for k, v in part.items() if k not in lists})]
            for inner, rows in lists.items():
                for row in rows:
                    lines += ["", f"[[{name}.{inner}]]", *_lines(row)]
    return "\n".join(lines) + "\n"
