"""JSON schemas as short as they can be with the same meaning: every session of every agent pays for them. Pure."""

from dataclasses import fields, is_dataclass
from typing import Any

Schema = dict[str, Any]

_SAYS_NOTHING = ("title", "default")


def brief_input(schema: Schema) -> Schema:
    """Shorten the schema of a tool's arguments: what may be left out need not say that it may be null too.

    The server goes on to accept null there, which some clients send.
    """
    short: Schema = _brief(schema, schema.get("$defs", {}))
    return short


def brief_output(answer: type) -> Schema:
    """Give the schema of a tool's answer by the names of its fields: the rest is seen when it comes."""
    return {"type": "object", "required": [field.name for field in fields(answer)] if is_dataclass(answer) else []}


def _brief(schema: Any, definitions: Schema) -> Any:
    """Leave out what a name says already, and put definitions where they are used."""
    if isinstance(schema, list):
        return [_brief(each, definitions) for each in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        found = definitions[schema["$ref"].rpartition("/")[2]]
        rest = {name: each for name, each in schema.items() if name != "$ref"}
        return _brief({**found, "description": None} | rest, definitions)
    wanted = schema.get("required", ())
    short = {
        name: {one: _property(each, definitions, is_wanted=one in wanted) for one, each in value.items()}
        if name == "properties"
        else _brief(value, definitions)
        for name, value in schema.items()
        if name not in ("$defs", *_SAYS_NOTHING) and value is not None
    }
    if "default" in schema and schema["default"] not in (None, "", False, [], {}):
        short["default"] = schema["default"]
    return _with_null_as_type(short)


def _property(schema: Schema, definitions: Schema, *, is_wanted: bool) -> Schema:
    short: Schema = _brief(schema, definitions)
    return short if is_wanted else _without_null(short)


def _with_null_as_type(schema: Schema) -> Schema:
    """Write ``{"type": ["string", "null"]}`` for either of two schemas."""
    options = schema.get("anyOf", ())
    others = [each for each in options if each != {"type": "null"}]
    if len(others) != 1 or len(options) != 2 or not isinstance(others[0].get("type"), str) or "enum" in others[0]:
        return schema
    rest = {name: each for name, each in schema.items() if name != "anyOf"}
    return {**others[0], **rest, "type": [others[0]["type"], "null"]}


def _without_null(schema: Schema) -> Schema:
    if isinstance(schema.get("type"), list):
        kinds = [kind for kind in schema["type"] if kind != "null"]
        return {**schema, "type": kinds[0] if len(kinds) == 1 else kinds}
    options = [each for each in schema.get("anyOf", ()) if each != {"type": "null"}]
    rest = {name: each for name, each in schema.items() if name != "anyOf"}
    if len(options) == 1:
        return {**options[0], **rest}
    return {**rest, "anyOf": options} if options else schema
