"""The console's door: two factors, one sentence for every fault, forms only from our own pages."""

import re

import pytest

from bot.access import totp
from bot.db import officials, sign_in
from bot.outreach.official import Role
from tests.web.conftest import PASSWORD, Console

HOME = "/console/broadcasts"


async def test_nobody_sees_anything_before_signing_in(console: Console) -> None:
    desk = await console.browser()

    for path in (HOME, "/console/people", "/console/audit", "/console/broadcasts/1", "/console/me"):
        page = await desk.opens(path)
        assert page.url.path == "/console/sign-in"
        assert "Tên đăng nhập" in page.text


async def test_both_factors_open_the_door_and_the_page_asked_for(console: Console) -> None:
    console.hire("lan", Role.DRAFTER)
    desk = await console.browser("lan")
    await desk.opens("/console/calendar")

    page = await desk.sends(
        "/console/sign-in", login="LAN ", password=PASSWORD, code=desk.code(), next="/console/calendar"
    )

    assert page.url.path == "/console/calendar"


@pytest.mark.parametrize(
    "next_page",
    [
        "https://evil.example/",
        "https:evil.example",
        "https:/evil.example",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\t/evil.example",
        "/console//evil",
        "/console/\r\nLocation: https://evil.example",
        "/console/@evil.example:80",
        "evil.example",
        "javascript:1",
    ],
)
async def test_nobody_is_sent_on_to_somebody_elses_page(console: Console, next_page: str) -> None:
    console.hire("lan", Role.DRAFTER)
    desk = await console.browser("lan")
    await desk.opens("/console/sign-in")

    page = await desk.sends("/console/sign-in", login="lan", password=PASSWORD, code=desk.code(), next=next_page)

    assert page.url.host == "127.0.0.1"
    assert page.url.path == HOME


async def test_every_fault_sounds_the_same(console: Console) -> None:
    console.hire("lan", Role.DRAFTER)
    desk = await console.browser("lan")
    said = set()
    for login, password, right_code in (("lan", "sai", True), ("lan", PASSWORD, False), ("ai", PASSWORD, True)):
        await desk.opens("/console/sign-in")
        page = await desk.sends(
            "/console/sign-in", login=login, password=password, code=desk.code() if right_code else "000000"
        )
        assert page.status_code == 400
        said.add(re.sub(r'value="[^"]*"', "", page.text))

    assert len(said) == 1


async def test_a_code_opens_the_door_once(console: Console) -> None:
    console.hire("lan", Role.DRAFTER)
    first, second = await console.browser("lan"), await console.browser("lan")
    code = first.code()
    await first.opens("/console/sign-in")
    await second.opens("/console/sign-in")

    assert (await first.sends("/console/sign-in", login="lan", password=PASSWORD, code=code)).url.path == HOME
    assert (await second.sends("/console/sign-in", login="lan", password=PASSWORD, code=code)).status_code == 400


@pytest.mark.parametrize("seconds", [0, 20, 45])
async def test_a_code_seen_over_the_shoulder_opens_nothing_while_it_would_still_be_good(
    console: Console, seconds: float
) -> None:
    lan = await console.official("lan", Role.DRAFTER)
    thief = await console.browser("lan")
    console.clock.pass_by(seconds=61)
    code = totp.code_at(lan.secret, console.clock.now)
    await lan.opens("/console/me")
    assert "<li><code>" in (await lan.sends("/console/me/recovery", code=code)).text
    console.clock.pass_by(seconds=seconds)
    assert totp.matching_step(lan.secret, code, console.clock.now, 0), "still good, had nobody used it"
    await thief.opens("/console/sign-in")

    page = await thief.sends("/console/sign-in", login="lan", password=PASSWORD, code=code)

    assert page.status_code == 400
    assert (await thief.opens(HOME)).url.path == "/console/sign-in"


async def test_five_failures_lock_the_account_for_a_while(console: Console) -> None:
    console.hire("lan", Role.DRAFTER)
    desk = await console.browser("lan")
    for _ in range(5):
        await desk.opens("/console/sign-in")
        await desk.sends("/console/sign-in", login="lan", password="sai", code="000000")

    assert (await desk.signs_in()).status_code == 400
    console.clock.pass_by(minutes=16)
    assert (await desk.signs_in()).url.path == HOME


async def test_a_flood_of_sign_ins_is_slowed(console: Console) -> None:
    desk = await console.browser("lan")
    codes = []
    for _ in range(22):
        await desk.opens("/console/sign-in")
        codes.append((await desk.sends("/console/sign-in", login="x", password="x", code="1")).status_code)

    assert codes[0] == 400
    assert codes[-1] == 429


async def test_a_cookie_that_was_there_before_is_not_the_session_after(console: Console) -> None:
    console.hire("lan", Role.DRAFTER)
    desk = await console.browser("lan")
    desk.client.cookies.set("hoctap_console", "planted-by-somebody-else")

    await desk.signs_in()

    session = next(
        each.value
        for each in desk.client.cookies.jar
        if each.name == "hoctap_console" and each.value != "planted-by-somebody-else"
    )
    assert session
    stranger = await console.browser()
    stranger.client.cookies.set("hoctap_console", "planted-by-somebody-else")
    assert (await stranger.opens(HOME)).url.path == "/console/sign-in"


@pytest.mark.parametrize("ended", ["signed out", "left alone"])
async def test_each_sign_in_makes_another_session_and_the_one_before_stays_dead(
    console: Console, ended: str
) -> None:
    desk = await console.official("lan", Role.DRAFTER)
    thief = await console.browser()
    before = desk.client.cookies["hoctap_console"]
    thief.client.cookies.set("hoctap_console", before)
    assert (await thief.opens(HOME)).url.path == HOME
    if ended == "signed out":
        await desk.sends("/console/sign-out")
    else:
        console.clock.pass_by(minutes=16)

    await desk.signs_in()

    assert desk.client.cookies["hoctap_console"] != before
    assert (await desk.opens(HOME)).url.path == HOME
    assert (await thief.opens(HOME)).url.path == "/console/sign-in"


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(console: Console) -> None:
    console.hire("lan", Role.DRAFTER)
    desk = await console.browser("lan")
    desk.client.follow_redirects = False
    page = await desk.signs_in()

    kept = next(each for each in page.headers.get_list("set-cookie") if each.startswith("hoctap_console="))
    assert "HttpOnly" in kept
    assert "SameSite=Lax" in kept


@pytest.mark.parametrize(
    ("headers", "token"),
    [
        pytest.param({"sec-fetch-site": "cross-site"}, True, id="from another site"),
        pytest.param({"sec-fetch-site": "same-site"}, True, id="from a neighbour"),
        pytest.param({"sec-fetch-site": "", "origin": "https://evil.example"}, True, id="by its origin"),
        pytest.param({}, False, id="without the token"),
    ],
)
async def test_a_forged_form_changes_nothing(console: Console, headers: dict[str, str], token: bool) -> None:
    desk = await console.official("sep", Role.ADMIN)
    page = await desk.opens("/console/people")
    found = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert found
    if "origin" in headers:
        desk.client.headers.pop("sec-fetch-site")
        headers = {"origin": headers["origin"]}

    data = {"login": "ke-la", "name": "Kẻ lạ", "role": "admin", "form_token": found[1] if token else "0"}
    answer = await desk.client.post("/console/people/add", data=data, headers=headers)

    assert answer.status_code == 403
    assert console.database.read_now(lambda c: officials.find(c, "ke-la")) is None


async def test_a_session_is_listed_and_ended_at_once(console: Console) -> None:
    here = await console.official("lan", Role.DRAFTER)
    there = await console.browser("lan")
    await there.signs_in()
    page = await here.opens("/console/me")
    other = re.search(r'name="session" value="([^"]+)"', page.text)
    assert other

    await here.sends("/console/me/end-session", session=other[1])

    assert (await there.opens(HOME)).url.path == "/console/sign-in"
    assert (await here.opens(HOME)).url.path == HOME


async def test_signing_out_ends_the_session_on_the_server(console: Console) -> None:
    desk = await console.official("lan", Role.DRAFTER)
    cookie = desk.client.cookies["hoctap_console"]
    await desk.sends("/console/sign-out")
    desk.client.cookies.set("hoctap_console", cookie)

    assert (await desk.opens(HOME)).url.path == "/console/sign-in"


async def test_an_idle_session_is_over_after_a_quarter_of_an_hour(console: Console) -> None:
    desk = await console.official("lan", Role.DRAFTER)
    console.clock.pass_by(minutes=16)

    assert (await desk.opens(HOME)).url.path == "/console/sign-in"


async def test_the_first_admin_enrols_by_a_link_and_hires_another(console: Console) -> None:
    console.hire("sep", Role.ADMIN)
    admin = await console.browser("sep")
    await admin.signs_in()
    await admin.opens("/console/people")
    page = await admin.sends(
        "/console/people/add", login="hoa", name="Hoa <b>", role="approver", provinces="TP.HCM"
    )
    link = re.search(r"/console/welcome/[\w-]+", page.text)
    assert link
    hoa = await console.browser("hoa")
    welcome = await hoa.opens(link[0])
    assert "Hoa &lt;b&gt;" in welcome.text
    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", welcome.text)
    assert shown
    secret = shown[1].replace(" ", "")

    short = await hoa.sends(link[0], password="ngắn", again="ngắn", code=totp.code_at(secret, console.clock.now))
    assert "ít nhất 12" in short.text
    shown = re.search(r"<code>([A-Z2-7 ]+)</code>", short.text)
    assert shown
    secret = shown[1].replace(" ", "")
    done = await hoa.sends(
        link[0], password=PASSWORD, again=PASSWORD, code=totp.code_at(secret, console.clock.now)
    )
    assert len(re.findall(r"<li><code>", done.text)) == 10
    assert (await hoa.opens(link[0])).status_code == 410

    hoa.secret = secret
    assert (await hoa.signs_in()).url.path == HOME
    found = console.database.read_now(lambda c: officials.find(c, "hoa"))
    assert found
    assert found[0].scope == frozenset({"79"})


async def test_an_admin_neither_drafts_nor_approves_and_cannot_change_their_own_role(console: Console) -> None:
    admin = await console.official("sep", Role.ADMIN)
    await admin.opens("/console/people")

    assert (await admin.sends("/console/broadcasts/1/approve")).status_code == 403
    await admin.opens("/console/people")
    assert (await admin.sends("/console/broadcasts/save", title="x")).status_code == 403
    await admin.opens("/console/people")
    assert (await admin.sends("/console/people/sep/assign", name="S", role="approver")).status_code == 409
    found = console.database.read_now(lambda c: officials.find(c, "sep"))
    assert found
    assert found[0].role is Role.ADMIN


async def test_every_role_opens_only_its_own_pages(console: Console) -> None:
    pages = {
        "/console/people": {"admin"},
        "/console/health": {"admin"},
        "/console/audit": {"auditor"},
        "/console/conversations": {"drafter", "approver", "editor"},
        "/console/broadcasts/new": {"drafter", "approver"},
    }
    for role in Role:
        desk = await console.official(f"can-bo-{role}", role)
        for path, allowed in pages.items():
            page = await desk.opens(path)
            assert page.status_code == (200 if role in allowed else 403), (role, path)


async def test_the_auditor_sees_the_chain_and_takes_it_along(console: Console) -> None:
    auditor = await console.official("kiem", Role.AUDITOR)

    page = await auditor.opens("/console/audit")
    table = await auditor.opens("/console/audit.csv")

    assert "Nguyên vẹn" in page.text
    assert "đăng nhập" in page.text
    assert table.text.startswith("\ufeffSố,Lúc,Ai")
    assert len(table.text.splitlines()[1].split(",")[-1]) == 64


async def test_a_password_change_ends_the_other_sessions(console: Console) -> None:
    here = await console.official("lan", Role.DRAFTER)
    there = await console.browser("lan")
    await there.signs_in()
    await here.opens("/console/me")

    page = await here.sends(
        "/console/me/password",
        old=PASSWORD,
        password="mật khẩu mới toanh",
        again="mật khẩu mới toanh",
        code=here.code(),
    )

    assert "Đã đổi mật khẩu" in page.text
    assert (await there.opens(HOME)).url.path == "/console/sign-in"
    assert console.database.read_now(lambda c: len(sign_in.sessions_of(c, "lan", console.clock.now))) == 1
