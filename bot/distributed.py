"""The same work spread over processes: procrastinate on PostgreSQL moves shards and citizens' messages.

A job names work that is a row of ours, and the row decides: so a job that comes twice does nothing the
second time, and work without a job gets one at the next sweep.
"""

import asyncio
import contextlib
from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

import procrastinate
import structlog
from procrastinate.exceptions import AlreadyEnqueued, ConnectorException
from procrastinate.jobs import Status

from bot.db import NOTICE_LOSS, Database, conversations, waiting_shards
from bot.dispatch import Dispatcher
from bot.inbox import Inbox
from bot.messages import Address

log = structlog.get_logger()

INBOUND, SWEEP = "inbound", "sweep"
REPLY, URGENT, ROUTINE = 20, 10, 0
"""Priorities; replies also have their own slots, so that no shard is ever before them."""

INBOUND_SLOTS: Final = 16
HEARTBEAT, STALLED = 5.0, 20.0
READY_MAX: Final = 16
MISSING_AFTER: Final = 30.0
BEGIN_AGAIN: Final = 1.0


class JobEngine:
    """The jobs of one process: puts them into the queue, and, in a worker, does them."""

    def __init__(
        self, database: Database, dispatcher: Dispatcher | None = None, inbox: Inbox | None = None
    ) -> None:
        url = database.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        connector = procrastinate.PsycopgConnector(conninfo=url, min_size=1, max_size=8, kwargs=NOTICE_LOSS)
        self._database = database
        self._dispatcher = dispatcher
        self._inbox = inbox
        self._jobs = procrastinate.App(connector=connector)
        self._send = self._jobs.task(name="send_shard")(self._send_shard)
        self._answer = self._jobs.task(name="answer", queue=INBOUND)(self._answer_contact)
        self._sweep = self._jobs.task(name=SWEEP, queue=SWEEP, queueing_lock=SWEEP)(self.sweep)
        self._jobs.periodic(cron="* * * * * */15")(self._sweep)
        self._workers: list[asyncio.Task[None]] = []

    async def open(self) -> None:
        """Connect, and make procrastinate's own tables where they are not yet there."""
        await self._jobs.open_async()
        if not await self._database.read(_has_schema):
            with contextlib.suppress(ConnectorException):  # Another process was first.
                await self._jobs.schema_manager.apply_schema_async()

    def start(self) -> None:
        """Begin to work: some shards of each channel and 16 citizens at a time, and the sweep in a slot of
        its own. So a slow channel holds up no other."""
        channels = (
            {}
            if self._dispatcher is None
            else {sending_queue(name): self._dispatcher.lanes(name) for name in self._dispatcher.channels}
        )
        for queue, concurrency in {**channels, INBOUND: INBOUND_SLOTS, SWEEP: 1}.items():
            self._workers.append(asyncio.create_task(self._keep_working(queue, concurrency)))

    async def close(self) -> None:
        """Take no further job, finish those under way, and disconnect."""
        for each in self._workers:
            each.cancel()
        await asyncio.gather(*self._workers, return_exceptions=True)
        await self._jobs.close_async()

    async def hand_over(self, addresses: Iterable[Address]) -> None:
        """Have the messages of these citizens answered: one job at a time for each."""
        for each in addresses:
            job = self._answer.configure(lock=f"chat:{each}", queueing_lock=f"chat:{each}", priority=REPLY)
            with contextlib.suppress(AlreadyEnqueued):
                await job.defer_async(channel=each.channel, peer=each.peer)

    async def offer_shards(self, now: datetime) -> None:
        """Put a job into the queue of each channel for the next shards that may be sent."""
        offered = await self._jobs.job_manager.list_jobs_async(task=self._send.name, status="todo")
        locks = {each.queueing_lock for each in offered}
        for each in await self._database.read(lambda c: waiting_shards.ready(c, now, READY_MAX)):
            key = f"{each.channel}:{each.broadcast_id}:{each.number}"
            if key in locks:
                continue
            # No lock: the fence of the shard is one, and a dead worker's lock would outlive its lease.
            job = self._send.configure(
                queue=sending_queue(each.channel),
                queueing_lock=key,
                priority=URGENT if each.priority else ROUTINE,
            )
            with contextlib.suppress(AlreadyEnqueued):
                await job.defer_async(broadcast_id=each.broadcast_id, number=each.number, channel=each.channel)

    async def sweep(self, timestamp: int = 0) -> None:
        """Clear away the jobs of dead workers, with the locks they hold, and give a new job to messages
        that have none; shards get theirs at the next tick.

        They are not retried: a new job for the same work may already wait, and no two with one queueing
        lock can.
        """
        manager = self._jobs.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED):
            await manager.finish_job(job, Status.FAILED, delete_job=True)
            log.warning("job_of_dead_worker", job=job.id, task=job.task_name)
        waiting = await self._database.read(lambda c: conversations.addresses_waiting(c, MISSING_AFTER))
        await self.hand_over(waiting)

    async def _keep_working(self, queue: str, concurrency: int) -> None:
        """Work until cancelled: a worker ends when it loses the database, and another begins in its place."""
        while True:
            try:
                await self._jobs.run_worker_async(
                    queues=[queue],
                    name=queue,
                    concurrency=concurrency,
                    install_signal_handlers=False,
                    delete_jobs="successful",
                    update_heartbeat_interval=HEARTBEAT,
                    stalled_worker_timeout=STALLED,
                    fetch_job_polling_interval=1.0,
                )
            except Exception as error:
                log.warning("worker_ended", queue=queue, error=type(error).__name__)
            await asyncio.sleep(BEGIN_AGAIN)

    async def _send_shard(self, broadcast_id: int, number: int, channel: str) -> None:
        if self._dispatcher is not None and channel in self._dispatcher.channels:
            await self._dispatcher.run_shard(channel, lane=number, only=(broadcast_id, number))
            # The canary may have been it; and the next tick is seconds away.
            await self.offer_shards(self._dispatcher.clock())

    async def _answer_contact(self, channel: str, peer: str) -> None:
        if self._inbox is not None:
            await self._inbox.answer_waiting(Address(channel, peer))


def sending_queue(channel: str) -> str:
    """The queue of the shards of *channel*."""
    return f"sending:{channel}"


def _has_schema(connection: Any) -> bool:
    return bool(connection.exec_driver_sql("SELECT to_regclass('procrastinate_jobs') IS NOT NULL").scalar())
