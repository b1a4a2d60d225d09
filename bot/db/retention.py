"""What is kept only for a time, deleted when that time is over."""

from datetime import datetime

from sqlalchemy import Connection

from bot.db import attachments, conversations, drawers, unanswered, webchat


def delete_old(connection: Connection, now: datetime) -> None:
    """Delete old events, replies, chat lines, questions in vain, kept forms, and files that nothing names."""
    conversations.forget_old(connection, now)
    webchat.forget_old_lines(connection, now)
    unanswered.forget_old(connection, now)
    drawers.forget_old(connection, now)
    attachments.delete_unused(connection, now)
