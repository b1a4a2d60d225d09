"""``hoctap content``: everything staff write, checked, exchanged with Excel and Word, compared, published."""

HELP = "Everything staff write."

COMMANDS = {
    "check": "check:check",
    "export": "exchange:export",
    "import": "exchange:import_",
    "template": "exchange:template",
    "preview": "preview:preview",
    "compare": "versions:compare",
    "publish": "versions:publish",
    "rollback": "versions:rollback",
    "versions": "versions:versions",
}
"""Each command's module here and function."""
