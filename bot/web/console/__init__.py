"""The console of officials and staff: one module a group of pages; every rule stands in ``bot.office``."""
