"""The vault for agents on this machine or others, over HTTP."""

from vault_engine.server.http.serve import serve_http
from vault_engine.server.http.terms import DEFAULT_HOST, DEFAULT_PORT, DEFAULT_RATE, HttpTerms

__all__ = ["DEFAULT_HOST", "DEFAULT_PORT", "DEFAULT_RATE", "HttpTerms", "serve_http"]
