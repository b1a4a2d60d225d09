"""Where citizens live and where they can learn: administrative units, place names, learning centres."""
