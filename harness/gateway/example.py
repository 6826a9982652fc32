"""A value that a JSON Schema allows, as far as the schema is plain; the same each time."""

from __future__ import annotations

from typing import Any

DEEPEST = 12
"""How far a schema is followed into itself."""

STRINGS = {
    "date": "2026-01-15",
    "date-time": "2026-01-15T12:00:00Z",
    "time": "12:00:00Z",
    "email": "reader@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-0000-0000-000000000000",
}


def example(schema: dict[str, Any]) -> Any:
    """A value for a schema (JSON Schema 2020-12). A text is its own property's name."""
    return _Examples(schema).of({"type": "object", **schema}, "value", 0)


class _Examples:
    def __init__(self, root: dict[str, Any]) -> None:
        self._root = root

    def of(self, schema: Any, name: str, depth: int) -> Any:
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
                count = max(1, schema.get("minItems", 1))
                return [self.of(schema.get("items", {}), name, depth)] * count
            case "string":
                text = STRINGS.get(schema.get("format", ""), name)
                return text.ljust(schema.get("minLength", 0), ".")[: schema.get("maxLength")]
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
