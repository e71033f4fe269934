"""The vaults that one server has, open, each by the name that tools call it by."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager

from vault_engine.engine import Actor, Engine
from vault_engine.errors import BadInput

EVERY = "*"  # means all vaults: none is called so


@contextmanager
def open_vaults(
    paths: Sequence[str], *, actor: Actor, env: Mapping[str, str] = os.environ
) -> Iterator[dict[str, Engine]]:
    """Open some vaults, for as long as the block lasts.

    Args:
        paths: the vaults; without any the one that `Engine.open` finds.
        actor: who makes changes, where that is not said.
        env: the environment.

    Yields:
        The vaults in their order, by the name of their folder; of two of one name the second has a number.

    Raises:
        BadInput: one vault was named twice.
        VaultMissing, ConfigBroken: one can't be opened.
    """
    with ExitStack() as stack:
        opened = [stack.enter_context(Engine.open(path, actor=actor, env=env)) for path in paths or (None,)]
        found: dict[str, Engine] = {}
        for engine in opened:
            if any(engine.root == other.root for other in found.values()):
                raise BadInput(f"{engine.root} is named twice")
            found[_free_name(engine.root.name or "vault", found)] = engine
        yield found


def _free_name(name: str, taken: Mapping[str, Engine]) -> str:
    free, count = name, 1
    while free in taken or free == EVERY:
        count += 1
        free = f"{name}-{count}"
    return free
