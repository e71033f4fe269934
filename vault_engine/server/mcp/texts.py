"""Arguments that are texts stay texts, also where they look like JSON."""

from typing import Any, get_args, get_origin

from mcp.server.mcpserver.utilities.func_metadata import FuncMetadata
from pydantic import BaseModel


class TextsStay(FuncMetadata):
    """Reads a list or an object that a client has written as a text; but only where one is meant."""

    def pre_parse_json(self, data: dict[str, Any]) -> dict[str, Any]:
        """Give arguments as they are meant."""
        fields = {(one.alias or name): one.annotation for name, one in self.arg_model.model_fields.items()}
        texts = {
            name: value
            for name, value in data.items()
            if isinstance(value, str) and name in fields and not _takes_parts(fields[name])
        }
        return super().pre_parse_json(data) | texts


def with_texts(known: FuncMetadata) -> TextsStay:
    """Make of what is known of a tool's arguments what reads them so."""
    return TextsStay(
        arg_model=known.arg_model,
        output_schema=known.output_schema,
        output_model=known.output_model,
        wrap_output=known.wrap_output,
    )


def _takes_parts(annotation: Any) -> bool:
    """Say whether a list or an object would be accepted."""
    origin = get_origin(annotation) or annotation
    if isinstance(origin, type) and issubclass(origin, list | dict | tuple | set | BaseModel):
        return True
    return annotation is Any or any(map(_takes_parts, get_args(annotation)))
