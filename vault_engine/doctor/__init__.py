"""Trying what clients' files say: the server is started or reached as a client would, and used once."""

from vault_engine.doctor.examine import Ail, ClientHealth, Health, examine_clients
from vault_engine.doctor.probe import CATEGORY

__all__ = ["CATEGORY", "Ail", "ClientHealth", "Health", "examine_clients"]
