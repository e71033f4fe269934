"""``python -m memwell_cli`` is ``memwell``."""

from memwell_cli.main import main

main()
