"""Conversations as values: no input or output, no clock and no randomness in here."""
