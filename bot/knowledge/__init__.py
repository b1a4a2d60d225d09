"""The reviewed answers staff write: how they are read, checked, published and written back."""
