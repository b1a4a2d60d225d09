"""``python -m bot`` is the command ``hoctap``."""

from bot.cli import main

main()
