"""Results and schedules on the command line."""

import csv
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select

from bot.channels.base import Refused, Unknown
from bot.cli import broadcast, official, outreach
from bot.cli.errors import CommandError
from bot.cli.tables import save_table
from bot.contacts import Segment, Topic
from bot.db import broadcasts, results, schedules, series, taps
from bot.db.tables import contacts
from bot.dispatch import Dispatcher
from bot.outreach.audience_rule import segment_as_json
from bot.outreach.schedule import Kind, Schedule
from tests.cli.test_broadcast_commands import AT, CAMPAIGN, PASSWORDS, TOMORROW, Shell, shell
from tests.outreach.pictures import png
from tests.outreach.postroom import CONTENT, NOW, Clock, Recorder, add_people, new_draft, run_once, schedule

__all__ = ["shell"]

QUIZ = {"question": "1 + 1?", "options": ["=1+1", "Bốn"], "right": 1, "source": "Quyết định 1"}


def say(shell: Shell, *words: str) -> str:
    """A command of ``hoctap outreach``; what it says, or the error's sentence."""
    result = shell.run(outreach.app, *words)
    if isinstance(result.exception, CommandError):
        return f"error: {result.exception}"
    assert result.exit_code == 0, (result.output, result.exception)
    return result.output


@pytest.fixture
async def sent(shell: Shell) -> Shell:
    """A quiz that reached some of eight people on two channels."""
    database = shell.database
    await database.write(lambda c: add_people(c, 5, home=("new:26740", "79")))
    await database.write(lambda c: add_people(c, 3, channel="other", prefix="t"))
    await database.write(lambda c: schedule(c, content={**CONTENT, "quiz": QUIZ}))
    fake = Recorder(failures={"p2": [Refused("x")]})
    other = Recorder(failures={"t1": [Unknown("x")]})
    await run_once(Dispatcher(database, {"fake": fake, "other": other}, Clock()), NOW)
    return shell


def ask(shell: Shell, who: str, *words: str, typed: str = "") -> str:
    """The same, by *who*, who types the password and *typed*."""
    password = PASSWORDS[who] + "\n"
    result = shell.run(outreach.app, *words, "--as", who, typed=password + typed)
    return f"error: {result.exception}" if isinstance(result.exception, CommandError) else result.output


def submitted(shell: Shell) -> None:
    """Lan's schedule, each year on tomorrow's date, to everybody about events, waiting for approval."""
    assert "Đã lưu lịch 1" in ask(shell, "lan", "every", "thu", "--when", f"{TOMORROW:%d/%m}")
    assert "chờ duyệt" in ask(shell, "lan", "submit", "1")


def test_who_approves_a_schedule_sees_how_many_and_who_is_left_out_and_types_it(shell: Shell) -> None:
    shell.database.submit(lambda c: add_people(c, 4, channel="zalo-cu", prefix="z")).result()
    submitted(shell)

    wrong = ask(shell, "minh", "approve", "1", typed="5\n")
    assert "không phải 3" in wrong
    right = ask(shell, "minh", "approve", "1", typed="3\n")
    for said in ("Người nhận: chủ đề: Sự kiện", "Mời bà con đến ngày hội.", "Tin này sẽ đến 3 người: web 3"):
        assert said in right
    assert "Không gửi cho 4 người: kênh chưa chạy" in right
    assert "web: đến được 3 người, khoảng 1 phút, nhiều nhất 0 đồng" in right
    assert "Đã duyệt lịch 1" in right
    assert "đang chạy" in say(shell, "list")


def test_who_approves_a_schedule_reads_the_copies_of_two_people(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "content" / "campaigns" / "thu.md"
    path.write_text(path.read_text("utf-8").replace("con đến", "con ở {xã} đến"), "utf-8")
    submitted(shell)

    shown = ask(shell, "minh", "approve", "1", typed="3\n")

    assert "Ví dụ người ở" in shown
    assert "Người chưa cho biết nơi ở" in shown
    assert "  Mời bà con ở xã, phường mình đến" in shown
    assert "{xã}" not in shown


def test_a_schedule_for_people_elsewhere_is_nobodys_to_touch(shell: Shell) -> None:
    submitted(shell)
    words = ("add", "ha", "--name", "Hà", "--role", "approver", "--province", "Hà Nội", "--password-stdin")
    assert shell.run(official.app, *words, typed=PASSWORDS["minh"] + "\n").exit_code == 0

    for words in (("approve", "1"), ("pause", "1", "--reason", "x"), ("end", "1", "--reason", "x")):
        assert "Không có lịch gửi số 1" in by_ha(shell, outreach.app, *words)
    assert "ngoài địa bàn" in by_ha(shell, outreach.app, "every", "thu", "--when", "daily")
    assert "chờ duyệt" in say(shell, "list")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("every", "thu", "--when", "daily", "--hour", "21:00"), "giờ yên tĩnh"),
        (("every", "thu", "--when", "daily", "--hour", "06:59"), "giờ yên tĩnh"),
        (("every", "thu", "--when", "31/2"), "không bao giờ tới"),
        (("every", "thu", "--when", "mai"), "không đọc được"),
        (("remind", "thu", "--deadline", "20/12", "--before", "3,-2", "--to", "can-bo"), "số ngày trước hạn"),
        (("series", "thu", "--step", "thu"), "số ngày=tên chiến dịch"),
    ],
)
def test_a_schedule_that_cannot_be_is_refused(shell: Shell, words: tuple[str, ...], said: str) -> None:
    answer = ask(shell, "lan", *words)

    assert answer.startswith("error: ")
    assert said in answer
    assert "Chưa có lịch gửi nào" in say(shell, "list")


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("31", "Tháng 2, 4, 6, 9, 11 không có ngày 31 nên tháng đó không gửi"),
        ("30", "Tháng 2 không có ngày 30 nên tháng đó không gửi"),
        ("29", "Tháng 2 chỉ có ngày 29 vào năm nhuận"),
        ("29/2", "Ngày 29/2 chỉ có vào năm nhuận"),
    ],
)
def test_who_plans_and_who_approves_learns_which_months_have_no_such_day(
    shell: Shell, when: str, said: str
) -> None:
    answers = [
        ask(shell, "lan", "every", "thu", "--when", when),
        ask(shell, "lan", "submit", "1"),
        say(shell, "show", "1"),
        ask(shell, "minh", "approve", "1", typed="3\n"),
    ]
    assert [said in answer and "lập lịch khác với --when" in answer for answer in answers] == [True] * 4
    assert [answer.count("sẽ gửi ") for answer in answers] == [5] * 4


@pytest.mark.parametrize("when", ["28", "last", "daily", "28/2", "lunar 30/1"])
def test_a_day_that_every_month_has_needs_no_word(shell: Shell, when: str) -> None:
    assert "lập lịch khác" not in ask(shell, "lan", "every", "thu", "--when", when)


HUNG_KINGS = "lunar 10/3"


def test_a_day_off_is_said_to_be_one_unless_the_message_is_for_it(shell: Shell) -> None:
    assert "là ngày nghỉ lễ: sẽ gửi" in ask(shell, "lan", "every", "thu", "--when", HUNG_KINGS)
    meant = ask(shell, "lan", "every", "thu", "--when", HUNG_KINGS, "--on-holidays")
    assert "nghỉ lễ" not in meant
    assert meant.count("sẽ gửi ") == 5


async def test_a_learning_path_is_for_who_joined_whatever_topics_they_chose(shell: Shell) -> None:
    shell.database.submit(
        lambda c: add_people(c, 1, channel="web", topics=frozenset({Topic.DIGITAL}), prefix="x")
    ).result()
    ask(shell, "lan", "series", "hoc-chu", "--step", "0=thu", "--step", "2=thu")
    assert "Tin này chưa đến ai" in say(shell, "show", "1")

    who = shell.database.read_now(lambda c: c.scalar(select(contacts.c.id).where(contacts.c.peer == "x1")))
    await shell.database.write(lambda c: series.join(c, "hoc-chu", who or 0, NOW))
    shown = say(shell, "show", "1")
    assert shown.count("Người nhận: đang theo lộ trình: hoc-chu") == 2
    assert shown.count("Tin này sẽ đến 1 người") == 2
    assert "Bài gửi 2 ngày sau khi tham gia." in shown
    assert "Hằng ngày lúc 08:30" in shown
    assert "lo-trinh:hoc-chu" in shown
    assert "sẽ gửi " not in shown


QUIZ_LINES = "Đáp án:\n- Hai (đúng)\n- Ba\nGiải thích: Một với một là hai.\n"


def test_who_approves_sees_what_the_message_does_not_show(shell: Shell, tmp_path: Path) -> None:
    more = "Nội dung zalo:\nLời cho Zalo.\nMẫu Zalo: 7895417; lop = Xóa mù chữ\n"
    path = tmp_path / "content" / "campaigns" / "thu.md"
    path.write_text(CAMPAIGN + QUIZ_LINES + more, "utf-8")
    ask(shell, "lan", "every", "thu", "--when", "daily")

    for shown in (say(shell, "show", "1"), shell.broadcast("lan", "draft", "thu", "--at", AT)):
        assert "Đáp án đúng: Hai. Ai trả lời thì máy nói: Một với một là hai." in shown
        assert "Lời riêng cho kênh zalo:" in shown
        assert "  Lời cho Zalo." in shown
        assert "Mẫu Zalo số 7895417: lop = Xóa mù chữ" in shown
        assert "[Gặp cán bộ]" in shown


def test_an_invitation_to_a_path_that_does_not_run_is_told(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "content" / "campaigns" / "thu.md"
    path.write_text(CAMPAIGN.replace("Gặp cán bộ", "Tham gia = lo-trinh:hoc-chu"), "utf-8")
    ask(shell, "lan", "every", "thu", "--when", "daily")
    ask(shell, "lan", "series", "hoc-chu", "--step", "0=tuan-le-hoc-tap-suot-doi")

    for shown in (say(shell, "show", "1"), shell.broadcast("lan", "draft", "thu", "--at", AT)):
        assert "chưa có lộ trình mã ấy đang chạy" in shown

    ask(shell, "lan", "submit", "2")
    assert "đang chạy" in ask(shell, "minh", "approve", "2", typed="0\n")
    assert "chưa có lộ trình" not in say(shell, "show", "1")


def test_the_years_plan_drafts_nothing_twice(shell: Shell) -> None:
    year = str(TOMORROW.year + 1)
    first = ask(shell, "lan", "plan", year)
    again = ask(shell, "lan", "plan", year)
    drafted = first.count("Đã lưu đợt")

    assert drafted > 0
    assert (again.count("Đã lưu đợt"), again.count("không soạn lại")) == (0, drafted)


def test_times_at_which_the_campaign_is_over_are_marked(shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "content" / "campaigns" / "thu.md"
    path.write_text(path.read_text("utf-8").replace("2099", f"{TOMORROW:%Y}"), "utf-8")
    ask(shell, "lan", "every", "thu", "--when", f"{TOMORROW:%d/%m}")

    shown = [line for line in say(shell, "show", "1").splitlines() if f"{TOMORROW:%d/%m}/" in line]
    assert [("không gửi" in line) for line in shown[-5:]] == [False, True, True, True, True]


@pytest.fixture
async def elsewhere(sent: Shell) -> Shell:
    """Beside the quiz to everybody: its correction, a broadcast of Thái Nguyên, and a schedule of each kind
    of place. Hà looks at Thái Nguyên's."""
    words = ("add", "ha", "--name", "Hà", "--role", "viewer", "--province", "Thái Nguyên", "--password-stdin")
    assert sent.run(official.app, *words, typed=PASSWORDS["minh"] + "\n").exit_code == 0
    mine = Segment(provinces=frozenset({"19"}))
    corrected = new_draft(corrects=1, segment=Segment(reached=1), title="Dinh chinh")
    await sent.database.write(lambda c: broadcasts.add(c, corrected, NOW))
    await sent.database.write(lambda c: schedule(c, segment=mine, title="Hoi Den Hung"))
    ask(sent, "lan", "every", "thu", "--when", "daily")
    plan = sent.database.read_now(lambda c: schedules.find(c, 1)).plan
    message = {**plan["messages"][0], "segment": segment_as_json(mine), "title": "Hoi Den Hung"}
    made = Schedule(Kind.RECURRING, "Hoi Den Hung", {**plan, "messages": [message]}, "lan")
    await sent.database.write(lambda c: schedules.add(c, made, NOW))
    return sent


def by_ha(shell: Shell, app: object, *words: str) -> str:
    """A command of *app* by Hà; what it says, or the error's sentence."""
    result = shell.run(app, *words, "--as", "ha", typed=PASSWORDS["minh"] + "\n")
    return f"error: {result.exception}" if isinstance(result.exception, CommandError) else result.output


async def test_who_answers_for_elsewhere_sees_nothing_of_a_broadcast(elsewhere: Shell) -> None:
    for number in ("1", "2"):
        for command in ("results", "tally", "watch"):
            seen = by_ha(elsewhere, outreach.app, command, number)
            assert seen.startswith(f"error: Không có đợt gửi số {number}"), command
        assert f"Không có đợt gửi số {number}" in by_ha(elsewhere, broadcast.app, "status", number)
    assert "Không có lịch gửi số 1" in by_ha(elsewhere, outreach.app, "show", "1")


async def test_lists_hold_what_lies_in_the_scope_of_who_looks(elsewhere: Shell) -> None:
    def numbers(said: str) -> list[str]:
        return [line.partition("\t")[0].rpartition(" ")[2] for line in said.splitlines() if "\t" in line]

    assert numbers(by_ha(elsewhere, broadcast.app, "list")) == ["3"]
    assert "Hoi Den Hung" in by_ha(elsewhere, broadcast.app, "status")
    assert "Hoi Den Hung" in by_ha(elsewhere, broadcast.app, "status", "3")
    assert numbers(by_ha(elsewhere, outreach.app, "list")) == ["2"]
    assert "Hoi Den Hung" in by_ha(elsewhere, outreach.app, "show", "2")
    # Who runs the machine has the database in their hands.
    assert numbers(elsewhere.show("list")) == ["3", "2", "1"]
    assert numbers(say(elsewhere, "list")) == ["2", "1"]


async def test_what_others_sent_does_not_push_ones_own_off_the_list(elsewhere: Shell) -> None:
    for _ in range(60):
        await elsewhere.database.write(lambda c: broadcasts.add(c, new_draft(), NOW))
    assert "Hoi Den Hung" in by_ha(elsewhere, broadcast.app, "list")


async def test_an_auditor_reads_no_broadcasts(elsewhere: Shell) -> None:
    words = ("add", "tra", "--name", "Trà", "--role", "auditor", "--password-stdin")
    assert elsewhere.run(official.app, *words, typed=PASSWORDS["minh"] + "\n").exit_code == 0
    for app in (broadcast.app, outreach.app):
        seen = elsewhere.run(app, "list", "--as", "tra", typed=PASSWORDS["minh"] + "\n")
        assert "không được làm việc đó" in str(seen.exception)


def test_a_schedule_that_repeats_what_is_sent_that_day_is_not_approved(shell: Shell) -> None:
    submitted(shell)
    shell.broadcast("lan", "draft", "thu", "--at", AT)
    shell.broadcast("lan", "submit", "1")
    assert "Đã duyệt" in shell.broadcast("minh", "approve", "1", "--yes")
    said = ask(shell, "minh", "approve", "1", typed="3\n")
    assert "Đợt 1 cùng ngày" in said
    assert "đúng nội dung này" in said


def test_a_plan_says_who_gets_no_picture_for_want_of_an_address(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "content" / "campaigns"
    (folder / "ap-phich.png").write_bytes(png())
    (folder / "thu.md").write_text(CAMPAIGN + "Hình: ap-phich.png | Áp phích ngày hội\n", "utf-8")
    shell.database.submit(lambda c: add_people(c, 1, channel="zalo_bot", prefix="z")).result()
    monkeypatch.setenv("HOCTAP_ZALO_BOT_TOKEN", "1:x")
    ask(shell, "lan", "every", "thu", "--when", "daily")

    lines = say(shell, "show", "1").splitlines()
    (at,) = [number for number, line in enumerate(lines) if "HOCTAP_PUBLIC_URL" in line]
    assert [line for line in lines[:at] if "đến được" in line][-1].startswith("zalo_bot:")
    assert "HOCTAP_PUBLIC_URL" in shell.broadcast("lan", "draft", "thu", "--at", AT)

    monkeypatch.setenv("HOCTAP_PUBLIC_URL", "https://hoctap.example")
    assert "HOCTAP_PUBLIC_URL" not in say(shell, "show", "1")


def figures_below(said: str, heading: str) -> list[int]:
    """The counts of the lines between *heading* and the next heading."""
    lines = said.partition(heading)[2].splitlines()[1:]
    found = []
    for line in lines:
        number = line.rpartition(": ")[2]
        if not number.isdecimal():
            break
        found.append(int(number))
    return found


async def test_the_figures_of_a_broadcast_add_up_however_they_are_cut(sent: Shell) -> None:
    said = say(sent, "results", "1")

    for heading in ("Tổng 11 lượt:", "Theo kênh:", "Theo nơi ở:"):
        assert sum(figures_below(said, heading)) == 11, heading
    assert "Thành phố Hồ Chí Minh – lỗi: 1" in said
    assert "không lưu nơi ở – chưa rõ: 1" in said
    within = say(sent, "results", "1", "--province", "Thành phố Hồ Chí Minh")
    assert sum(figures_below(within, "Theo nơi ở:")) == 5
    assert "Phường Sài Gòn, Thành phố Hồ Chí Minh – đã gửi: 4" in within
    assert "Không có đợt gửi số 9" in say(sent, "results", "9")


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
async def test_every_copy_goes_into_a_file_without_its_person(sent: Shell, tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"ket-qua.{ending}"
    assert "Đã ghi 11 dòng" in say(sent, "results", "1", "--save", str(file))

    if ending == "csv":
        rows = list(csv.reader(file.read_text("utf-8-sig").splitlines()))
    else:
        sheet = load_workbook(file).active
        assert sheet is not None
        rows = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    columns = ["Lượt", "Kênh", "Nơi", "Trạng thái", "Lý do", "Lúc"]
    assert rows[0] == [*columns, "Nhắn lại trong 24 giờ", "Ngừng nhận tin trong 24 giờ"]
    assert sorted(row[3] for row in rows[1:] if row[1] == "other") == ["chưa rõ", "đã gửi", "đã gửi"]
    failed = next(row for row in rows if row[3] == "lỗi")
    assert failed[2:] == [
        "Phường Sài Gòn, Thành phố Hồ Chí Minh",
        "lỗi",
        "nền tảng từ chối tin này",
        "25/11/2026 10:00",
        "",
        "",
    ]
    assert not any("p2" in cell or "t1" in cell for row in rows for cell in row)


async def test_a_copy_of_who_had_their_data_erased_still_counts_on_its_channel(sent: Shell) -> None:
    await sent.database.write(lambda c: c.execute(contacts.delete().where(contacts.c.peer == "t2")))
    channels = [each.channel for each in sent.database.read_now(lambda c: list(results.copies(c, 1)))]
    assert channels.count("other") == 3


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_no_cell_of_a_file_is_a_formula(tmp_path: Path, ending: str) -> None:
    file = tmp_path / f"bang.{ending}"
    evil = ["=1+1", "+1", "-1", "@A1", "\t=1", " =1", "＝1"]
    assert save_table(file, [["a"] * len(evil), evil]) == 1

    if ending == "csv":
        row = list(csv.reader(file.read_text("utf-8-sig").splitlines()))[1]
        assert row == [f"'{each}" for each in evil]
    else:
        sheet = load_workbook(file).active
        assert sheet is not None
        assert [cell.data_type for cell in sheet[2]] == ["s"] * len(evil)


async def test_a_file_that_cannot_be_written_is_told_with_the_remedy(sent: Shell, tmp_path: Path) -> None:
    wrong = say(sent, "results", "1", "--save", str(tmp_path / "a.pdf"))
    assert wrong.startswith("error: a.pdf: đặt tên tệp có đuôi .csv")
    nowhere = say(sent, "results", "1", "--save", str(tmp_path / "none" / "a.csv"))
    assert nowhere.startswith("error: Không ghi được")


async def test_a_tally_counts_each_persons_first_answer(sent: Shell) -> None:
    for person, token in ((6, "quiz:1"), (6, "quiz:0"), (7, "quiz:0"), (8, "quiz:1"), (9, "quiz:1")):
        await sent.database.write(lambda c, p=person, t=token: taps.add(c, 1, p, t, NOW))  # type: ignore[misc]
    lines = say(sent, "tally", "1").splitlines()

    assert [line.split() for line in lines] == [["1", "25%", "=1+1"], ["✓", "3", "75%", "Bốn"]]


async def test_what_is_over_is_watched_to_its_figures(sent: Shell) -> None:
    said = say(sent, "watch", "1")
    assert "Trạng thái: đã xong" in said
    assert sum(figures_below(said, "Tổng 11 lượt:")) == 11
    assert "Không có đợt gửi số 9" in say(sent, "watch", "9")
