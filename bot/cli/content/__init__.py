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
    "fetch": "versions:fetch",
    "versions": "versions:versions",
    "unanswered": "questions:list_unanswered",
    "draft": "questions:draft",
    "feedback": "questions:report_feedback",
}
"""Each command's module here and function."""
