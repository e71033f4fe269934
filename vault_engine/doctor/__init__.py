"""Trying what clients' files say: the server is started or reached as a client would, and used once."""

from vault_engine.doctor.examine import examine_clients
from vault_engine.doctor.health import Ail, ClientHealth, Health

__all__ = ["Ail", "ClientHealth", "Health", "examine_clients"]
