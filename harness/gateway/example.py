"""A value that a JSON Schema allows, as far as the schema is plain; the same each time."""

from __future__ import annotations

from typing import Any

DEEPEST = 12
"""How far a schema is followed into itself."""

MOST_CHARACTERS, MOST_VALUES = 100_000, 10_000
"""Of all texts together, and in all lists and objects together: a schema of a line can ask for more
than any memory holds."""

STRINGS = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T12:00:00Z",
    "time": "12:00:00Z",
    "email": "reader@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-0000-0000-000000000000",
}


class UnfitSchemaError(ValueError):
    """No value is made up for a schema: it is none, or asks for too much."""


def example(schema: dict[str, Any]) -> Any:
    """A value for a schema (JSON Schema 2020-12). A text is its own property's name.

    Raises:
        UnfitSchemaError: It is no schema, or asks for too much.
    """
    from jsonschema import Draft202012Validator, SchemaError

    try:
        Draft202012Validator.check_schema(schema)
        return _Examples(schema).of({"type": "object", **schema}, "value", 0)
    except SchemaError as error:
        raise UnfitSchemaError(f"not a JSON Schema: {error.json_path}: {error.message}") from None
    except RecursionError:
        raise UnfitSchemaError("the schema is nested too deeply") from None


class _Examples:
    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root
        self._characters = self._values = 0

    def _text(self, schema: dict[str, Any], name: str) -> str:
        """A text; counted first, and made then."""
        text = STRINGS.get(schema.get("format", ""), name)
        size = int(schema.get("minLength", 0))
        self._characters += max(size, len(text))
        if self._characters > MOST_CHARACTERS:
            raise UnfitSchemaError(
                f"the schema asks for a text of {size:,} characters for {name!r}; "
                f"at most {MOST_CHARACTERS:,} are made up, of all texts together"
            )
        most = schema.get("maxLength")
        return text.ljust(size, ".")[: None if most is None else int(most)]

    def _list(self, schema: dict[str, Any], name: str, depth: int) -> list[Any]:
        count = max(1, int(schema.get("minItems", 1)))
        if count > MOST_VALUES:
            raise UnfitSchemaError(
                f"the schema asks for {count:,} items for {name!r}; at most {MOST_VALUES:,} values "
                "are made up"
            )
        return [self.of(schema.get("items", {}), name, depth) for _ in range(count)]

    def of(self, schema: Any, name: str, depth: int) -> Any:
        self._values += 1
        if self._values > MOST_VALUES:
            message = f"the schema asks for more than the {MOST_VALUES:,} values that are made up"
            raise UnfitSchemaError(message)
        if not isinstance(schema, dict) or depth > DEEPEST:
            return None
        if "$ref" in schema:
            return self.of(self._referred(str(schema["$ref"])), name, depth + 1)
        for key in ("anyOf", "oneOf", "allOf"):
            if schema.get(key):
                return self.of({**schema, key: None, **schema[key][0]}, name, depth + 1)
        fixed = [schema[key] for key in ("const", "default") if key in schema]
        fixed += schema.get("enum", [])[:1]
        return fixed[0] if fixed else self._of_kind(schema, name, depth + 1)

    def _of_kind(self, schema: dict[str, Any], name: str, depth: int) -> Any:
        kind = schema.get("type", "object" if "properties" in schema else "string")
        match kind[0] if isinstance(kind, list) else kind:
            case "object":
                inner = schema.get("properties", {})
                return {key: self.of(inner[key], key, depth) for key in inner}
            case "array":
                return self._list(schema, name, depth)
            case "string":
                return self._text(schema, name)
            case "integer" | "number":
                return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
            case "boolean":
                return True
        return None

    def _referred(self, place: str) -> Any:
        found: Any = self._root
        for step in filter(None, place.removeprefix("#").split("/")):
            found = found.get(step, {}) if isinstance(found, dict) else {}
        return found
