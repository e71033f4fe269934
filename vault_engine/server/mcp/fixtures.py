"""What the protocol's conformance suite asks a server for: tools, resources and prompts that touch no note.

Only ``memwell serve --conformance-fixtures`` has them. What they say is what the suite expects, word for word.
"""

import json
from base64 import b64decode
from collections.abc import Callable
from typing import Annotated, Any

import anyio
from mcp.server import MCPServer
from mcp.server.context import ServerRequestContext
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.server.mcpserver.prompts.base import UserMessage
from mcp.types import (
    AudioContent,
    Completion,
    EmbeddedResource,
    EmptyResult,
    ImageContent,
    SetLevelRequestParams,
    SubscribeRequestParams,
    TextContent,
    TextResourceContents,
    UnsubscribeRequestParams,
)
from pydantic import Field

from vault_engine.server.mcp.fixtures_asking import ASKING_TOOLS, asking_prompt

PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"  # one pixel
WAV = "UklGRiQAAABXQVZFZm10IBAAAAABAAEAQB8AAEAfAAABAAgAZGF0YQAAAAA="  # no sound at all

_PAUSE_S = 0.05


def add_fixtures(server: MCPServer) -> None:
    """Add everything that the suite asks for."""
    for tool in (*_TOOLS, *ASKING_TOOLS):
        server.add_tool(tool, structured_output=False)
    schema_tool = server._tool_manager.get_tool(json_schema_2020_12_tool.__name__)
    if schema_tool is not None:
        schema_tool.parameters = _SCHEMA  # the library makes no such schema of a function
    for uri, mime_type, resource in _RESOURCES:
        server.resource(uri, mime_type=mime_type)(resource)
    for prompt in (*_PROMPTS, asking_prompt):
        server.prompt(name=prompt.__name__.replace("asking_prompt", "test_input_required_result_prompt"))(prompt)
    server.completion()(_complete)  # type: ignore[no-untyped-call]
    for method, params, handler in (
        ("logging/setLevel", SetLevelRequestParams, _accept),
        ("resources/subscribe", SubscribeRequestParams, _accept),
        ("resources/unsubscribe", UnsubscribeRequestParams, _accept),
    ):
        server._lowlevel_server.add_request_handler(method, params, handler)  # the library offers no other way


# ---- tools that answer


def test_simple_text() -> TextContent:
    """Give a text."""
    return TextContent(type="text", text="This is a simple text response for testing.")


def test_image_content() -> ImageContent:
    """Give a picture."""
    return ImageContent(type="image", data=PNG, mime_type="image/png")


def test_audio_content() -> AudioContent:
    """Give a sound."""
    return AudioContent(type="audio", data=WAV, mime_type="audio/wav")


def test_embedded_resource() -> EmbeddedResource:
    """Give a resource."""
    return _embedded("test://embedded-resource", "text/plain", "This is an embedded resource content.")


def test_multiple_content_types() -> list[Any]:
    """Give a text, a picture and a resource."""
    data = json.dumps({"test": "data", "value": 123})
    return [
        TextContent(type="text", text="Multiple content types test:"),
        test_image_content(),
        _embedded("test://mixed-content-resource", "application/json", data),
    ]


def test_error_handling() -> str:
    """Fail."""
    raise ToolError("This tool intentionally returns an error for testing")


async def test_tool_with_logging(context: Context) -> str:
    """Say something three times while it works."""
    for text in ("Tool execution started", "Tool processing data", "Tool execution completed"):
        await context.info(text)
        await anyio.sleep(_PAUSE_S)
    return "logged"


async def test_logging_tool(context: Context) -> str:
    """Say something, which only who asked for it hears."""
    await context.info("Logged")
    return "logged"


async def test_tool_with_progress(context: Context) -> str:
    """Say three times how far it is."""
    for done in (0, 50, 100):
        await context.report_progress(done, 100)
        await anyio.sleep(_PAUSE_S)
    return "done"


async def test_trigger_tool_change(context: Context) -> str:
    """Say that the tools have changed."""
    await context.notify_tools_changed()
    return "said"


async def test_trigger_prompt_change(context: Context) -> str:
    """Say that the prompts have changed."""
    await context.notify_prompts_changed()
    return "said"


def test_custom_header(region: Annotated[str, Field(json_schema_extra={"x-mcp-header": "Region"})]) -> str:
    """Take an argument that a header repeats."""
    return region


def json_schema_2020_12_tool(context: Context) -> str:
    """Take what a schema with everything in it describes."""
    return context.request_id


_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "type": "object",
    "$defs": {
        "address": {
            "$anchor": "addressDef",
            "type": "object",
            "properties": {"street": {"type": "string"}, "city": {"type": "string"}},
        }
    },
    "properties": {
        "name": {"type": "string"},
        "address": {"$ref": "#/$defs/address"},
        "contactMethod": {"type": "string", "enum": ["phone", "email"]},
        "phone": {"type": "string"},
        "email": {"type": "string"},
    },
    "allOf": [{"anyOf": [{"required": ["phone"]}, {"required": ["email"]}]}],
    "if": {"properties": {"contactMethod": {"const": "phone"}}, "required": ["contactMethod"]},
    "then": {"required": ["phone"]},
    "else": {"required": ["email"]},
    "additionalProperties": False,
}


def _embedded(uri: str, mime_type: str, text: str) -> EmbeddedResource:
    return EmbeddedResource(type="resource", resource=TextResourceContents(uri=uri, mime_type=mime_type, text=text))


_TOOLS: tuple[Callable[..., Any], ...] = (
    test_simple_text,
    test_image_content,
    test_audio_content,
    test_embedded_resource,
    test_multiple_content_types,
    test_error_handling,
    test_tool_with_logging,
    test_logging_tool,
    test_tool_with_progress,
    test_trigger_tool_change,
    test_trigger_prompt_change,
    test_custom_header,
    json_schema_2020_12_tool,
)


# ---- resources


def _static_text() -> str:
    """Give a text that never changes."""
    return "This is the content of the static text resource."


def _static_binary() -> bytes:
    """Give bytes that never change."""
    return b64decode(PNG)


def _template(id: str) -> str:
    """Give what a template makes of an id."""
    return json.dumps({"id": id, "templateTest": True, "data": f"Data for ID: {id}"})


def _watched() -> str:
    """Give what can be subscribed to."""
    return "Nothing has changed."


_RESOURCES: tuple[tuple[str, str, Callable[..., Any]], ...] = (
    ("test://static-text", "text/plain", _static_text),
    ("test://static-binary", "image/png", _static_binary),
    ("test://template/{id}/data", "application/json", _template),
    ("test://watched-resource", "text/plain", _watched),
)


# ---- prompts


def test_simple_prompt() -> str:
    """Give a prompt."""
    return "This is a simple prompt for testing."


def test_prompt_with_arguments(arg1: str, arg2: str) -> str:
    """Give a prompt with two arguments in it."""
    return f"Prompt with arguments: arg1='{arg1}', arg2='{arg2}'"


def test_prompt_with_embedded_resource(resourceUri: str) -> list[Any]:  # noqa: N803 - as the suite calls it
    """Give a prompt with a resource in it."""
    shown = _embedded(resourceUri, "text/plain", "Embedded resource content for testing.")
    return [UserMessage(shown), UserMessage("Please process the embedded resource above.")]


def test_prompt_with_image() -> list[Any]:
    """Give a prompt with a picture in it."""
    return [UserMessage(test_image_content()), UserMessage("Please analyze the image above.")]


_PROMPTS: tuple[Callable[..., Any], ...] = (
    test_simple_prompt,
    test_prompt_with_arguments,
    test_prompt_with_embedded_resource,
    test_prompt_with_image,
)


# ---- the rest


async def _complete(_ref: Any, _argument: Any, _context: Any) -> Completion:
    return Completion(values=[], total=0, has_more=False)


async def _accept(_context: ServerRequestContext[Any, Any], _params: Any) -> EmptyResult:
    return EmptyResult()
