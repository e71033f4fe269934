"""Every memory whose tools are known here, by the name of its profile. Pure."""

from vault_engine.server.mcp.compat.core_rows import MIMIR_CORE
from vault_engine.server.mcp.compat.memini_rows import MEMINI
from vault_engine.server.mcp.compat.mimir_rows import MIMIR
from vault_engine.server.mcp.compat.mnemon_rows import MNEMON

SYSTEMS = {one.name: one for one in (MIMIR, MNEMON, MEMINI, MIMIR_CORE)}
