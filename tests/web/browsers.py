"""A house full of work for browser tests, and a person who signs in to it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from bot.access import totp
from bot.access.sign_in import digest
from bot.config import Config
from bot.contacts import Segment, Topic
from bot.db import Database, attachments, broadcast_versions, broadcasts, centres, deliveries, officials
from bot.db.tables import broadcasts as broadcast_rows
from bot.db.tables import contact_topics, contacts, handovers, shards
from bot.db.tables import deliveries as delivery_rows
from bot.db.tables import officials as accounts
from bot.outreach import attachment
from bot.outreach.broadcast import Broadcast, Status, digest_of
from bot.outreach.campaign import Written
from bot.outreach.official import Official, Role, hash_password
from bot.outreach.quiet_hours import next_allowed
from bot.places.centre import Centre, CentreType, Site
from tests.conftest import ROOT
from tests.outreach.pictures import png

PASSWORD = "một mật khẩu khá dài"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
POSTER = "Áp phích lớp buổi tối: thầy giáo bên bảng"
CONTENT = {
    "kind": "ordinary",
    "urgent_reason": "",
    "code": "",
    "holidays": False,
    "text": "Mời bà con đến **ngày hội đọc sách** ở nhà văn hóa {xã}, 8 giờ.\n\n_Nguồn: Quyết định 1373/QĐ-TTg_",
    "nowhere": {"xa": "xã, phường mình", "tinh": "tỉnh, thành phố mình"},
    "buttons": [{"label": "Gặp cán bộ", "token": "handover/start", "kind": "reply", "target": ""}],
}


SHOTS = os.environ.get("HOCTAP_TEST_SHOTS", "")
"""A folder to keep a picture of every page in, to be looked at."""


def keep_shot(page: Any, name: str) -> None:
    """Keep a picture of the page, when somebody wants to look at it."""
    if SHOTS:
        page.wait_for_load_state()
        width = page.viewport_size["width"]
        page.screenshot(path=str(Path(SHOTS) / f"{name}-{width}.png"), full_page=True)


@dataclass
class Person:
    """Somebody with a browser and a telephone."""

    page: Any
    base: str
    database: Database

    def code(self) -> str:
        """A code of the telephone; the test does not wait half a minute for a new one."""
        now = datetime.now().astimezone()
        self.database.submit(lambda c: c.execute(update(accounts).values(totp_step=0))).result()
        return totp.code_at(SECRET, now)

    def signs_in(self, role: Role) -> None:
        """Sign in as the official of *role*."""
        self.page.goto(f"{self.base}/console/sign-in")
        self.fills_in(role)

    def fills_in(self, role: Role) -> None:
        """Sign in on the page that is open."""
        self.page.get_by_label("Tên đăng nhập").fill(str(role))
        self.page.get_by_label("Mật khẩu").fill(PASSWORD)
        self.page.get_by_label("Mã 6 số").fill(self.code())
        self.page.get_by_role("button", name="Đăng nhập").click()
        self.page.get_by_role("button", name="Đăng xuất").first.wait_for()


@contextmanager
def running_bot(config: Config) -> Iterator[str]:
    """The address of a bot that an operator starts, and ends afterwards."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("HOCTAP_")}
    given = {"HOCTAP_PORT": "0", "HOCTAP_DATA": str(config.data), "HOCTAP_CONTENT": str(config.content)}
    command = [sys.executable, "-m", "bot", "run"]
    with subprocess.Popen(command, cwd=ROOT, env=clean | given, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            first_line = process.stdout.readline()
            found = re.search(r"http://\S+", first_line)
            assert found, first_line
            yield found[0].rstrip("/")
        finally:
            process.terminate()
        assert process.wait(30) == 0


AXE = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN = """async rules => (await axe.run(document, {
  runOnly: {type: "tag", values: rules}, resultTypes: ["violations"],
})).violations"""


def examine(page: Any) -> list[str]:
    """The faults of the page that keep people with a disability from reading or using it."""
    page.evaluate(AXE)
    return [f"{each['id']}: {each['nodes'][0]['html'][:120]}" for each in page.evaluate(RUN, RULES)]


def fill_house(database: Database, now: datetime) -> None:
    """Officials of every role, twelve citizens, three broadcasts and a question."""

    def act(c: Connection) -> None:
        for role in Role:
            officials.add(c, Official(role, f"Nguyễn Thị {role}", role), hash_password(PASSWORD), "operator", now)
        c.execute(update(accounts).values(totp_secret=SECRET, recovery=[digest("aaaaa-bbbbb")]))
        for number in range(12):
            who = c.execute(
                insert(contacts)
                .values(
                    channel="web",
                    peer=f"p{number}",
                    status="active",
                    home="new:26740",
                    home_province="79",
                    notices=True,
                    created_at=now,
                    last_heard_at=now,
                )
                .returning(contacts.c.id)
            ).scalar_one()
            c.execute(insert(contact_topics).values(contact_id=who, topic=Topic.EVENTS))
        picture = png(600, 400)
        attachments.keep(c, attachment.digest_of(picture), picture, now)
        poster = {"kind": "image", "digest": attachment.digest_of(picture), "name": "ap-phich.png", "alt": POSTER}
        written = dict.fromkeys((each.name for each in fields(Written)), "") | {
            "code": "tin-2",
            "text": CONTENT["text"],
        }
        for number, title in enumerate(
            ("Ngày hội đọc sách", "Lớp xóa mù chữ buổi tối", "Tuần lễ học tập suốt đời"), 1
        ):
            made = Broadcast(
                f"tin-{number}",
                title,
                {**CONTENT, "code": f"HT{number}", "text": f"{title}. {CONTENT['text']}"}
                | ({"media": poster, "written": written} if number == 2 else {}),
                Segment(frozenset({"79"}), topics=frozenset({Topic.EVENTS})),
                next_allowed(now + timedelta(hours=1)),
                now + timedelta(days=2),
                "drafter",
                now,
            )
            broadcasts.add(c, made, now)
        for text in ("trước", "sau"):
            found = broadcasts.find(c, 2)
            broadcast_versions.keep(
                c, replace(found, content={**found.content, "text": f"Bản {text}. {title}"}), "drafter", now
            )
        c.execute(
            update(broadcast_rows)
            .where(broadcast_rows.c.id == 2)
            .values(status=Status.SUBMITTED, submitted_by="drafter", digest=digest_of(broadcasts.find(c, 2)))
        )
        c.execute(
            update(broadcast_rows)
            .where(broadcast_rows.c.id == 3)
            .values(status=Status.SENDING, started_at=now, approved_by="approver", total=12)
        )
        c.execute(
            insert(shards).values(
                broadcast_id=3, number=1, channel="web", status="running", fence=1, size=12, wave=0
            )
        )
        people = c.scalars(select(contacts.c.id)).all()
        centres.add_report(c, people[0], "tthtcd-khanh-hoa-01", "address", "Nay ở thôn 2", now)
        counts = {
            "added": 1,
            "changed": 0,
            "same": 0,
            "removed": 0,
            "dissolved": 0,
            "kept_points": 0,
            "before": 51,
        }
        made_up = Centre("tthtcd-1", title, CentreType.TTHTCD, "56", (Site("tthtcd-1/1", address="Thôn 1"),))
        centres.stage(c, "danh-sach.xlsx", [made_up], {**counts, "after": 52}, whole=False, by="editor", now=now)
        for sequence, who in enumerate(people, 1):
            c.execute(
                insert(delivery_rows).values(
                    broadcast_id=3,
                    sequence=sequence,
                    shard=1,
                    contact_id=who,
                    status="sent" if sequence < 8 else "uncertain" if sequence == 8 else "queued",
                    reason="" if sequence != 8 else "no_answer",
                    attempts=1,
                    at=now,
                )
            )
        assert sum(deliveries.count_by_status(c, 3).values()) == 12

    database.submit(act).result()
    ask_an_official(database, now, "Con tôi gọi số 0912 345 678, muốn học chữ buổi tối thì đến đâu?")


def ask_an_official(database: Database, now: datetime, question: str) -> int:
    """A citizen hands a question over; its number."""

    def act(c: Connection) -> int:
        who = c.scalar(select(func.min(contacts.c.id)))
        return int(
            c.execute(
                insert(handovers)
                .values(
                    contact_id=who,
                    question=question,
                    home="new:26740",
                    status="open",
                    created_at=now,
                    due_at=now + timedelta(days=2),
                )
                .returning(handovers.c.id)
            ).scalar_one()
        )

    return database.submit(act).result()
