"""An example of whatever a schema describes: its own examples first, else the plainest value of its type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_PLAIN = {
    "string": "…", "integer": 1, "number": 1.0, "boolean": False, "null": None, "date": "2026-11-24",
    "date-time": "2026-11-24T10:45:00+08:00",
}  # fmt: skip


def sample(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """`schemas`: what `$ref` points into."""
    if "$ref" in schema:
        return sample(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    for known in ("examples", "enum"):
        if schema.get(known):
            return schema[known][0]
    if "const" in schema:
        return schema["const"]
    if "anyOf" in schema:
        parts = [part for part in schema["anyOf"] if part.get("type") != "null"]
        return sample(parts[0], schemas)
    kind = schema.get("type")
    if kind == "object":
        properties = schema.get("properties", {})
        return {name: sample(part, schemas) for name, part in properties.items()}
    if kind == "array":
        return [sample(schema["items"], schemas)] if schema.get("items") else []
    if schema.get("default") is not None:
        return schema["default"]
    return _PLAIN.get(schema.get("format", ""), _PLAIN.get(kind or ""))
