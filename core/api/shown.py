"""The OpenAPI document as rows for the page that people read."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Field:
    """A parameter, or a property of a body or an answer; `type` as people say it: `string · enum`."""

    name: str
    type: str
    required: bool
    about: str


@dataclass(frozen=True)
class Shown:
    """One operation. `about`: paragraphs; `refusals`: status → when it comes."""

    id: str
    method: str
    path: str
    summary: str
    about: list[list[str]]
    parameters: list[Field]
    body: list[Field]
    body_example: str
    answer: list[Field]
    answer_example: str
    status: str
    refusals: list[str]


def groups(document: Mapping[str, Any]) -> list[tuple[str, list[Shown]]]:
    """Operations by tag, in the document's order."""
    found: dict[str, list[Shown]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found[operation["tags"][0]].append(_shown(path, method, operation, document))
    return list(found.items())


def _shown(path: str, method: str, o: Mapping[str, Any], document: Mapping[str, Any]) -> Shown:
    content: dict[str, Any] = next(iter(o.get("requestBody", {}).get("content", {}).values()), {})
    status = next(iter(o["responses"]))
    answered: dict[str, Any] = next(iter(o["responses"][status].get("content", {}).values()), {})
    parameters = [
        _field(p["name"], p["schema"], p["required"], p.get("description", "")) for p in o["parameters"]
    ]
    return Shown(
        o["operationId"], method.upper(), path, o["summary"],
        [[line.removeprefix("- ") for line in part.split("\n")] for part in o["description"].split("\n\n") if part],
        parameters,
        _properties(content.get("schema", {}), document), _text(content.get("example")),
        _properties(answered.get("schema", {}), document), _text(answered.get("example")),
        status, [code for code in o["responses"] if code[0] in "45"],
    )  # fmt: skip


def _properties(schema: Mapping[str, Any], document: Mapping[str, Any]) -> list[Field]:
    whole = _followed(schema, document)
    if whole.get("type") == "array":
        whole = _followed(whole["items"], document)
    required = set(whole.get("required", ()))
    return [
        _field(name, _followed(part, document), name in required, part.get("description", ""))
        for name, part in whole.get("properties", {}).items()
    ]


def _followed(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" not in schema:
        return schema
    found: Mapping[str, Any] = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return found


def _field(name: str, schema: Mapping[str, Any], required: bool, about: str) -> Field:
    return Field(name, _type(schema), required, about or schema.get("description", ""))


def _type(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"] if value is not None)
    if "anyOf" in schema:
        return " | ".join(_type(part) for part in schema["anyOf"])
    if "$ref" in schema:
        return str(schema["$ref"]).rpartition("/")[2]
    kind = schema.get("type", "")
    kinds = kind if isinstance(kind, list) else [kind]
    if "array" in kinds:
        return f"[{_type(schema.get('items', {}))}]"
    return schema.get("format") or " | ".join(k for k in kinds if k)


def _text(example: Any) -> str:
    return "" if example is None else json.dumps(example, ensure_ascii=False, indent=2)
