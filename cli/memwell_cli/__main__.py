"""``python -m memwell_cli`` is ``memwell``: loads the command line, then runs it."""

import gc
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and exit."""
    gc.disable()  # of what loading makes nothing is garbage, and looking for some takes a tenth of the time
    from memwell_cli.main import main as run_and_exit

    gc.freeze()
    gc.enable()
    run_and_exit()


if __name__ == "__main__":
    main()
