"""``python -m rsigv4`` is the command ``rsigv4``."""

from rsigv4.cli import main

main()
