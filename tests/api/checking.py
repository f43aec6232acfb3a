"""Answers of the API beside what its document says of them."""

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012


def check(document: dict, path: str, data, status: str = "200") -> None:
    """Raises jsonschema's ValidationError for data that the document does not describe."""
    answers = document["paths"][path]["get"]["responses"]
    schema = answers[status]["content"]["application/json"]["schema"]
    whole = Resource.from_contents(document, default_specification=DRAFT202012)
    registry = Registry().with_resource("urn:document", whole)
    schema = {"$ref": "urn:document" + schema["$ref"]} if "$ref" in schema else schema
    schema = _absolute(schema)
    Draft202012Validator(schema, registry=registry, format_checker=FormatChecker()).validate(data)


def _absolute(schema):
    """With references to the whole document, wherever in the schema they stand."""
    if isinstance(schema, dict):
        return {
            name: f"urn:document{value}"
            if name == "$ref" and value.startswith("#")
            else _absolute(value)
            for name, value in schema.items()
        }
    return [_absolute(each) for each in schema] if isinstance(schema, list) else schema
