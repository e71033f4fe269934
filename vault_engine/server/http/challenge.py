"""What a client is told that may not come in: RFC 6750's challenge and RFC 9728's description of the server. Pure."""

from typing import Any

from vault_engine.engine import Scope
from vault_engine.server.http.terms import MCP_PATH

METADATA_PATH = "/.well-known/oauth-protected-resource"

_TOKENS_ARE_MADE = "tokens are made at the command line, by `memwell token create`"


def metadata(origin: str) -> dict[str, Any]:
    """Describe the server to clients, as RFC 9728 has it.

    Args:
        origin: where they reach it, as in ``https://name:port``.
    """
    return {
        "resource": origin + MCP_PATH,
        "authorization_servers": [origin],
        "scopes_supported": [scope.value for scope in Scope],
        "bearer_methods_supported": ["header"],
        "resource_name": f"Memwell; {_TOKENS_ARE_MADE}",
    }


def missing_token(origin: str) -> str:
    """Write ``WWW-Authenticate`` for who brings no token: that is no error yet."""
    return _challenge(origin, scope=Scope.READ)


def bad_token(origin: str) -> str:
    """Write ``WWW-Authenticate`` for who brings a token that opens nothing."""
    return _challenge(origin, error="invalid_token", error_description="unknown, revoked or expired")


def weak_token(origin: str, needed: Scope) -> str:
    """Write ``WWW-Authenticate`` for who brings a token that is for less."""
    return _challenge(origin, error="insufficient_scope", error_description=f"needs {needed}", scope=needed)


def _challenge(origin: str, **parameters: str) -> str:
    said = {"realm": "memwell", **parameters, "resource_metadata": f"{origin}{METADATA_PATH}{MCP_PATH}"}
    return "Bearer " + ", ".join(f'{name}="{value}"' for name, value in said.items())
