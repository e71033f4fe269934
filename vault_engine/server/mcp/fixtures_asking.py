"""What the conformance suite asks a server for that has questions of its own: to the person, the model, the client."""

import json
from collections.abc import Callable
from typing import Any

from mcp import MCPError
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import (
    MISSING_REQUIRED_CLIENT_CAPABILITY,
    ClientCapabilities,
    CreateMessageRequest,
    CreateMessageRequestParams,
    ElicitRequest,
    ElicitRequestFormParams,
    InputRequests,
    InputRequiredResult,
    ListRootsRequest,
    MissingRequiredClientCapabilityErrorData,
    SamplingCapability,
    SamplingMessage,
    TextContent,
)


def _text(name: str) -> dict[str, Any]:
    """Describe a form with one text."""
    return {"type": "object", "properties": {name: {"type": "string"}}, "required": [name]}


def _options(*titles: str) -> list[dict[str, str]]:
    return [{"const": f"value{number}", "title": title} for number, title in enumerate(titles, 1)]


_PLAIN = {"type": "string", "enum": ["option1", "option2", "option3"]}
_ENUMS = {
    "type": "object",
    "properties": {
        "untitledSingle": _PLAIN,
        "titledSingle": {"type": "string", "oneOf": _options("First Option", "Second Option", "Third Option")},
        "legacyEnum": {
            "type": "string",
            "enum": ["opt1", "opt2", "opt3"],
            "enumNames": ["Option One", "Option Two", "Option Three"],
        },
        "untitledMulti": {"type": "array", "items": _PLAIN},
        "titledMulti": {"type": "array", "items": {"anyOf": _options("First Choice", "Second Choice", "Third Choice")}},
    },
}
_DEFAULTS = {
    "type": "object",
    "properties": {
        "name": {"type": "string", "default": "John Doe"},
        "age": {"type": "integer", "default": 30},
        "score": {"type": "number", "default": 95.5},
        "status": {"type": "string", "enum": ["active", "inactive", "pending"], "default": "active"},
        "verified": {"type": "boolean", "default": True},
    },
}
_USER = {
    "type": "object",
    "properties": {
        "username": {"type": "string", "description": "User's response"},
        "email": {"type": "string", "description": "User's email address"},
    },
    "required": ["username", "email"],
}


# ---- as the older revision does: while the answer is being made


async def test_sampling(prompt: str, context: Context) -> str:
    """Have the client's model answer."""
    said = await context.session.create_message([_message(prompt)], max_tokens=100)
    return f"LLM response: {getattr(said.content, 'text', '')}"


async def test_elicitation(message: str, context: Context) -> str:
    """Have the person answer."""
    return f"User response: {await _asked(context, message, _USER)}"


async def test_elicitation_sep1034_defaults(context: Context) -> str:
    """Have the person answer, with defaults."""
    return f"Elicitation completed: {await _asked(context, 'Please confirm these', _DEFAULTS)}"


async def test_elicitation_sep1330_enums(context: Context) -> str:
    """Have the person choose."""
    return f"Elicitation completed: {await _asked(context, 'Please choose', _ENUMS)}"


async def _asked(context: Context, message: str, schema: dict[str, Any]) -> str:
    answer = await context.session.elicit(message, schema, related_request_id=context.request_id)
    return f"action={answer.action}, content={json.dumps(answer.content or {})}"


# ---- as the newest revision does: by an answer that says what is missing


def _form(message: str, schema: dict[str, Any]) -> ElicitRequest:
    return ElicitRequest(params=ElicitRequestFormParams(message=message, requested_schema=schema))


def _sample(text: str, max_tokens: int = 100) -> CreateMessageRequest:
    params = CreateMessageRequestParams(messages=[_message(text)], max_tokens=max_tokens)
    return CreateMessageRequest(params=params)


def _message(text: str) -> SamplingMessage:
    return SamplingMessage(role="user", content=TextContent(type="text", text=text))


def _given(context: Context, key: str) -> Any:
    """Give what the client answered to a question, None if it did not."""
    return (context.input_responses or {}).get(key)


def _field(answer: Any, name: str) -> str | None:
    """Give a field of a form that the person has filled in."""
    content = getattr(answer, "content", None)
    value = content.get(name) if isinstance(content, dict) else None
    return value if isinstance(value, str) else None


_WHAT_NAME = _form("What is your name?", _text("name"))
_CONFIRM = _form("Please confirm", {"type": "object", "properties": {"ok": {"type": "boolean"}}, "required": ["ok"]})


def test_input_required_result_elicitation(context: Context) -> Any:
    """Ask the person for a name."""
    name = _field(_given(context, "user_name"), "name")
    return InputRequiredResult(input_requests={"user_name": _WHAT_NAME}) if name is None else f"Hello, {name}!"


def test_input_required_result_sampling(context: Context) -> Any:
    """Ask the client's model."""
    said = _given(context, "capital_question")
    if said is None:
        return InputRequiredResult(input_requests={"capital_question": _sample("What is the capital of France?")})
    return str(getattr(getattr(said, "content", None), "text", said))


def test_input_required_result_list_roots(context: Context) -> Any:
    """Ask the client for its roots."""
    said = _given(context, "client_roots")
    if said is None:
        return InputRequiredResult(input_requests={"client_roots": ListRootsRequest()})
    return f"roots: {', '.join(str(root.uri) for root in getattr(said, 'roots', []))}"


def test_input_required_result_request_state(context: Context) -> Any:
    """Ask the person, and have the client keep a state meanwhile."""
    if context.request_state != "waiting" or _given(context, "confirm") is None:
        return InputRequiredResult(input_requests={"confirm": _CONFIRM}, request_state="waiting")
    return "state-ok"


def test_input_required_result_tampered_state(context: Context) -> Any:
    """Ask the person, with a state that the client can't change unnoticed."""
    return test_input_required_result_request_state(context)


def test_input_required_result_multiple_inputs(context: Context) -> Any:
    """Ask three things at once."""
    asked: InputRequests = {
        "user_name": _WHAT_NAME,
        "greeting": _sample("Generate a greeting", 50),
        "client_roots": ListRootsRequest(),
    }
    if any(_given(context, key) is None for key in asked):
        return InputRequiredResult(input_requests=asked, request_state="waiting")
    return f"{_field(_given(context, 'user_name'), 'name')} was greeted"


def test_input_required_result_multi_round(context: Context) -> Any:
    """Ask one thing after the other."""
    name, color = _field(_given(context, "step1"), "name"), _field(_given(context, "step2"), "color")
    if context.request_state is None or (context.request_state == "one" and name is None):
        first = _form("Step 1: What is your name?", _text("name"))
        return InputRequiredResult(input_requests={"step1": first}, request_state="one")
    if context.request_state == "one" or color is None:
        second = _form("Step 2: What is your favorite color?", _text("color"))
        return InputRequiredResult(input_requests={"step2": second}, request_state=f"two {name}")
    return f"{context.request_state.removeprefix('two ')} likes {color}"


def test_input_required_result_capabilities(context: Context) -> Any:
    """Ask only what the client can answer."""
    can, asked = context.session.client_capabilities or ClientCapabilities(), dict[str, Any]()
    if can.elicitation is not None:
        asked["user_name"] = _WHAT_NAME
    if can.sampling is not None:
        asked["greeting"] = _sample("Generate a greeting", 50)
    if not asked or any(_given(context, key) is not None for key in asked):
        return "nothing is missing"
    return InputRequiredResult(input_requests=asked)


def test_streaming_elicitation(context: Context) -> Any:
    """Ask the person, while the client listens."""
    return test_input_required_result_elicitation(context)


def test_missing_capability(context: Context) -> str:
    """Fail where the client has no model to ask."""
    if (context.session.client_capabilities or ClientCapabilities()).sampling is None:
        needed = ClientCapabilities(sampling=SamplingCapability())
        data = MissingRequiredClientCapabilityErrorData(required_capabilities=needed)
        raise MCPError(
            MISSING_REQUIRED_CLIENT_CAPABILITY,
            "the client has not declared sampling",
            data.model_dump(by_alias=True, mode="json", exclude_none=True),
        )
    raise ToolError("the client has all that is needed, and nothing is done with it")


def asking_prompt(context: Context) -> Any:
    """Ask the person what a prompt shall be about."""
    about = _field(_given(context, "user_context"), "context")
    if about is None:
        question = _form("What context should the prompt use?", _text("context"))
        return InputRequiredResult(input_requests={"user_context": question})
    return f"Use this context: {about}"


ASKING_TOOLS: tuple[Callable[..., Any], ...] = (
    test_sampling,
    test_elicitation,
    test_elicitation_sep1034_defaults,
    test_elicitation_sep1330_enums,
    test_input_required_result_elicitation,
    test_input_required_result_sampling,
    test_input_required_result_list_roots,
    test_input_required_result_request_state,
    test_input_required_result_tampered_state,
    test_input_required_result_multiple_inputs,
    test_input_required_result_multi_round,
    test_input_required_result_capabilities,
    test_streaming_elicitation,
    test_missing_capability,
)
