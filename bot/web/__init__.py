"""The web: the chat page citizens open, the console's placeholder, and health."""
