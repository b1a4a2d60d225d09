"""``hoctap content``: everything staff write, checked, exchanged with Excel and Word, compared, published."""

HELP = "Everything staff write."

COMMANDS = {
    "check": "check:check",
    "export": "exchange:export",
    "import": "exchange:import_",
    "template": "exchange:template",
    "preview": "preview:preview",
}
"""Each command's module here and function."""
