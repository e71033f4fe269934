"""``python -m memwell_cli`` is ``memwell``: loads the command line, then runs it."""

import gc
import sys
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit."""
    if sys.argv[1:2] == ["hook"]:  # there are 300 ms: no time to load the command line
        from vault_engine.hooks.entry import answered

        if answered(sys.argv[2:]):
            sys.exit(0)
    gc.disable()  # of what loading makes nothing is garbage, and looking for some takes a tenth of the time
    from memwell_cli.main import main as run_and_exit

    gc.freeze()
    gc.enable()
    run_and_exit()


if __name__ == "__main__":
    main()
