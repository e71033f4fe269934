"""Trying what clients' files say: the server is started or reached as a client would, the hooks are run."""

from vault_engine.doctor.examine import examine_clients
from vault_engine.doctor.health import Ail, ClientHealth, Health, HooksHealth

__all__ = ["Ail", "ClientHealth", "Health", "HooksHealth", "examine_clients"]
