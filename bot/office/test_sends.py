"""A broadcast sent to the official who asks, and to nobody else; it is no copy, and counts nowhere."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from bot.channels.base import SendError
from bot.messages import Address
from bot.office.office import Office
from bot.office.samples import samples
from bot.outreach.broadcast import Broadcast, Forbidden
from bot.outreach.frozen_content import render

log = structlog.get_logger()


async def send_test(office: Office, broadcast: Broadcast, mark: str, addresses: Sequence[Address]) -> list[str]:
    """Send the message, each of its samples, below *mark* to *addresses*. Returns the channels it went to.

    Its buttons do what they do without being counted as taps of recipients. Raises Forbidden when there
    is no address, or when any channel did not take it.
    """
    if not addresses:
        raise Forbidden("rule.test_nowhere")
    failed = []
    for address in addresses:
        channel = office.channels.get(address.channel)
        if channel is None:
            failed.append(address.channel)
            continue
        try:
            for whose, place in samples(office, broadcast).items():
                reply = render({**broadcast.content, "code": ""}, address.channel, place)
                text = "\n\n".join(filter(None, (mark, whose, reply.text)))
                # Not as a template: it has no room for the mark.
                for call in channel.render(replace(reply, text=text, template=None)):
                    await channel.send(address.peer, call)
        except SendError as error:
            log.warning("test_not_sent", channel=address.channel, error=type(error).__name__)
            failed.append(address.channel)
    if failed:
        raise Forbidden("rule.test_failed", channels=", ".join(sorted(set(failed))))
    return sorted({each.channel for each in addresses})
