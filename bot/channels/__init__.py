"""One module a platform, behind the small contract of ``bot.channels.base``."""
