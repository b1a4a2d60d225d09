"""The one error a command ends with: a sentence for the person at the keyboard."""


class CommandError(Exception):
    """The command cannot do what was asked. The message is one clear sentence; the exit code is 2."""
