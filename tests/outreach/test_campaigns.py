import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from bot.contacts import Segment, Topic
from bot.dialogue.texts import Texts, load_texts
from bot.messages import ChoiceKind, Template
from bot.outreach import report
from bot.outreach.audience_rule import segment_as_json, segment_from_json
from bot.outreach.broadcast import Forbidden
from bot.outreach.campaign import CampaignError, Kind, Vocabulary, check_campaigns, load_campaign, read_campaign
from bot.outreach.frozen_content import freeze, render
from bot.outreach.segments import NamedSegment, Places, build_segment, load_segments
from nlu.vietnamese import fold

CONTENT = Path(__file__).parents[2] / "content"
TEXTS = load_texts(CONTENT / "broadcast_texts.yml")
TOPICS = {fold(name): Topic(topic) for topic, name in load_texts(CONTENT / "texts.yml").named("topic").items()}
BUTTONS = {fold(label): token for token, label in TEXTS.named("fixed_button").items()}
LANGUAGES = {"tieng anh": "en", "en": "en", "vi": "vi"}
VOCABULARY = Vocabulary(TOPICS, BUTTONS, {"xmc-01"})
SHIPPED = sorted(path.stem for path in (CONTENT / "campaigns").glob("*.md"))

GOOD = """# ghi chú cho người soạn
Mã: thu
Tên: Thử
Chủ đề: Xóa mù chữ
Loại: khẩn
Hiệu lực: 01/09/2027 – 08/09/2027
Nội dung:
**Chào bà con.**
Lưu ý: mang theo bút.
Nút bấm: Học ở đâu = xmc-01 | Gặp cán bộ | Xem thêm = https://example.vn/a
Nguồn: Quyết định 1
Quyết định 2
"""


def faults_of(text: str, file: str = "thu.md") -> list[tuple[int, str]]:
    with pytest.raises(CampaignError) as error:
        read_campaign(text, file, VOCABULARY)
    for each in error.value.faults:
        assert TEXTS(each.key, **each.arguments)
    return [(each.line, each.key.removeprefix("fault.")) for each in error.value.faults]


def test_a_date_written_down_in_a_table_fills_the_text_on_every_channel() -> None:
    values = {"lich.xmc.ngay": "08/09"}
    known = replace(VOCABULARY, values=values)
    text = GOOD.replace("bút.", "bút, {lich.xmc.ngay}.") + "Nội dung Zalo: Ngày { lich.xmc.ngay }\n"

    campaign = read_campaign(text, "thu.md", known)

    assert "bút, 08/09." in campaign.text
    assert campaign.texts == {"zalo": "Ngày 08/09"}
    with pytest.raises(CampaignError) as error:
        read_campaign(text.replace("lich.xmc", "lich.xm"), "thu.md", known)
    faults = error.value.faults
    assert [(each.line, each.key) for each in faults] == [(7, "fault.placeholder"), (13, "fault.placeholder")]
    assert "{lich.xmc.ngay}" in TEXTS(faults[0].key, **faults[0].arguments)


TEMPLATE = "Mẫu Zalo: 7895417; lớp = Xóa mù chữ; ngay = 01/09/2027\n"


def test_a_zalo_template_is_read_frozen_and_shown_with_its_parameters() -> None:
    campaign = read_campaign(GOOD + TEMPLATE, "thu.md", VOCABULARY)

    wanted = Template("7895417", {"lớp": "Xóa mù chữ", "ngay": "01/09/2027"})
    assert campaign.template == wanted
    assert campaign.sources == ("Quyết định 1", "Quyết định 2")
    assert render(freeze(campaign, "{text}"), "zalo_oa").template == wanted
    over_lines = TEMPLATE.replace("; ", "\n")
    assert read_campaign(GOOD + over_lines, "thu.md", VOCABULARY).template == wanted


def test_a_template_without_parameters_is_one() -> None:
    assert read_campaign(GOOD + "Mẫu Zalo: 7895417\n", "thu.md", VOCABULARY).template == Template("7895417", {})
    assert read_campaign(GOOD, "thu.md", VOCABULARY).template is None


@pytest.mark.parametrize(
    "written",
    [
        "lop = Xóa mù chữ",
        "mẫu 7895417",
        "7895417; lop",
        "7895417; lop =",
        "7895417; = Xóa mù chữ",
        "7895417 lop = 1",
    ],
)
def test_a_template_that_zalo_would_refuse_is_told_with_its_line(written: str) -> None:
    assert faults_of(GOOD + f"Mẫu Zalo: {written}\n") == [(13, "template")]


def test_a_campaign_is_read_whole() -> None:
    campaign = read_campaign(GOOD, "thu.md", VOCABULARY)

    assert campaign.topic is Topic.LITERACY
    assert campaign.kind is Kind.URGENT
    assert campaign.text == "**Chào bà con.**\nLưu ý: mang theo bút."
    assert [(each.label, each.token or each.target) for each in campaign.buttons] == [
        ("Học ở đâu", "faq/xmc-01"),
        ("Gặp cán bộ", "handover/start"),
        ("Xem thêm", "https://example.vn/a"),
    ]
    assert campaign.sources == ("Quyết định 1", "Quyết định 2")
    assert campaign.is_valid_on(date(2027, 9, 8))
    assert not campaign.is_valid_on(date(2027, 9, 9))


def test_labels_are_known_without_diacritics_and_in_decomposed_letters() -> None:
    import unicodedata

    assert read_campaign(unicodedata.normalize("NFD", GOOD), "thu.md", VOCABULARY).title == "Thử"
    bare = GOOD.replace("Nội dung:", "noi dung :").replace("Nguồn:", "NGUON:")
    assert read_campaign(bare, "thu.md", VOCABULARY).sources[0] == "Quyết định 1"


def test_all_faults_are_told_at_once_with_their_lines() -> None:
    bad = """Mã: Thứ Hai
Tên: một lần
Chủ đề: Bóng đá
Loại: vừa
Hiệu lực: 31/02/2027 – 08/09/2027
Nội dug: chữ
Nội dung:
Chủ đề năm nay [CHƯA XÁC MINH].
Nút bấm: Không có | A = không-có | B = https:// | C = xmc-99
Tên: hai lần
"""
    assert faults_of(bad) == [
        (1, "code"),
        (1, "no_nguon"),
        (3, "topic"),
        (4, "kind"),
        (5, "dates"),
        (6, "label"),
        (7, "unverified"),
        (9, "button_unknown"),
        (9, "button_code"),
        (9, "button_url"),
        (9, "button_code"),
        (10, "twice"),
    ]


def test_a_long_text_is_refused() -> None:
    assert faults_of(GOOD.replace("Chào", "Chào " * 300)) == [(7, "too_long")]


def test_a_file_in_another_encoding_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "thu.md").write_bytes(GOOD.encode("utf-16"))
    with pytest.raises(CampaignError) as error:
        load_campaign(tmp_path, "thu", VOCABULARY)
    assert error.value.faults[0].key == "fault.not_utf8"


@pytest.mark.parametrize("code", ["khong-co", "../texts", ""])
def test_a_campaign_that_is_not_there_is_named(code: str) -> None:
    with pytest.raises(CampaignError) as error:
        load_campaign(CONTENT / "campaigns", code, VOCABULARY)
    assert error.value.faults[0].key == "fault.missing_file"


def test_the_shipped_campaigns_have_no_fault() -> None:
    assert check_campaigns(CONTENT / "campaigns", VOCABULARY) == []
    assert len(SHIPPED) >= 4


@pytest.mark.parametrize("code", SHIPPED)
def test_every_message_names_its_source_and_ends_with_how_to_stop(code: str) -> None:
    campaign = load_campaign(CONTENT / "campaigns", code, VOCABULARY)
    reply = render(freeze(campaign, TEXTS.phrases["citizen.frame"]))

    assert reply.text.endswith("/dung")
    assert all(source in reply.text for source in campaign.sources)
    assert all(choice.token or choice.kind is ChoiceKind.URL for choice in reply.all_choices())


def test_a_frozen_campaign_shows_what_was_written() -> None:
    content = freeze(read_campaign(GOOD, "thu.md", VOCABULARY), "{text} ({sources}) /dung", "bão")

    assert content["urgent_reason"] == "bão"
    reply = render(content)
    assert reply.text == "**Chào bà con.**\nLưu ý: mang theo bút. (Quyết định 1; Quyết định 2) /dung"
    assert [row[0].label for row in reply.choices] == ["Học ở đâu", "Gặp cán bộ", "Xem thêm"]


def test_an_ordinary_campaign_keeps_no_urgent_reason() -> None:
    ordinary = read_campaign(GOOD.replace("khẩn", "thường"), "thu.md", VOCABULARY)
    assert freeze(ordinary, "{text}", "bão")["urgent_reason"] == ""


PLACES = Places(lambda name: {"Hà Nội": "01"}[name], lambda name: f"new:{name}")


def test_the_shipped_segments_mean_something() -> None:
    named = load_segments(CONTENT / "segments.yml")
    places = Places(lambda name: "79", lambda name: "new:1")

    segment = build_segment(named["muon-hoc-chu"], places, TOPICS, ["web"])
    assert segment.topics == {Topic.LITERACY, Topic.CONTINUING}
    assert build_segment(named["tp-hcm"], places, TOPICS, ["web"]).provinces == {"79"}


def test_a_segment_is_built_of_typed_names() -> None:
    typed = NamedSegment("", "", ("Hà Nội",), ("123",), ("ky nang so",), ("web",))
    segment = build_segment(typed, PLACES, TOPICS, ["web"])

    assert (segment.provinces, segment.communes) == ({"01"}, {"new:123"})
    assert (segment.topics, segment.channels) == ({Topic.DIGITAL}, {"web"})


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        (NamedSegment("", "", topics=("bóng đá",)), "segment.topic"),
        (NamedSegment("", "", channels=("thư",)), "segment.channel"),
    ],
)
def test_a_name_that_means_nothing_is_refused(typed: NamedSegment, key: str) -> None:
    with pytest.raises(Forbidden) as error:
        build_segment(typed, PLACES, TOPICS, ["web"])
    assert error.value.key == key
    assert TEXTS(key, **error.value.arguments)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("nhom: [a", "segment.unreadable"),
        ("nhom: chu", "segment.entry"),
        ("nhom: {mau: do}", "segment.label"),
        ("nhom: {tỉnh: Huế, tinh: Huế}", "segment.label_twice"),
        ("nhom: {tỉnh: Huế}\nnhom: {tỉnh: Huế}", "segment.twice"),
        ("nhom: {tỉnh: }", "segment.value"),
        ("nhom: {trừ: []}", "segment.value"),
        ("nhom: {một trong: [{}]}", "segment.entry"),
        ("nhom: {trừ: [{tên: Ai}]}", "segment.label"),
        ("nhom: {nhắn trong: lâu lâu}", "segment.days"),
        ("nhom: {nhắn trong: 0 ngày}", "segment.days"),
        ("nhom: {lộ trình: [a, b]}", "segment.one_value"),
    ],
)
def test_a_broken_segments_file_is_told(tmp_path: Path, text: str, key: str) -> None:
    (tmp_path / "segments.yml").write_text(text, "utf-8")
    with pytest.raises(Forbidden) as error:
        load_segments(tmp_path / "segments.yml")
    assert error.value.key == key
    assert TEXTS(key, **error.value.arguments)


NESTED = """# nhóm thử
nhom:
  tên: Nhóm thử
  vai trò: [Commune, school]
  ngôn ngữ: [tieng anh, vi]
  nhắn trong: 30 ngày
  lộ trình: hoc-chu
  một trong:
    - tỉnh: Hà Nội
    - xã: "5"
      chủ đề: ky nang so
  trừ:
    - kênh: web
    - một trong:
        - chủ đề: Xóa mù chữ
        - tỉnh: Hà Nội
"""


def test_a_segment_says_and_or_and_not(tmp_path: Path) -> None:
    (tmp_path / "segments.yml").write_text(NESTED, "utf-8")
    named = load_segments(tmp_path / "segments.yml")["nhom"]
    segment = build_segment(named, PLACES, TOPICS, ["web"], LANGUAGES)

    hanoi = Segment(provinces=frozenset({"01"}))
    assert segment == Segment(
        roles=frozenset({"commune", "school"}),
        languages=frozenset({"en", "vi"}),
        active_days=30,
        series="hoc-chu",
        any_of=(hanoi, Segment(communes=frozenset({"new:5"}), topics=frozenset({Topic.DIGITAL}))),
        none_of=(
            Segment(channels=frozenset({"web"})),
            Segment(any_of=(Segment(topics=frozenset({Topic.LITERACY})), hanoi)),
        ),
    )
    said = report.audience(TEXTS, segment, str, str)
    assert said.startswith(
        "ngôn ngữ: en, vi; vai trò: commune, school; có nhắn trong 30 ngày qua; đang theo lộ trình: hoc-chu; "
    )
    assert "một trong: (tỉnh, thành phố: 01) hoặc (xã, phường: new:5; chủ đề: digital); trừ (kênh: web)" in said
    assert segment_from_json(json.loads(json.dumps(segment_as_json(segment)))) == segment


@pytest.mark.parametrize(
    ("wrong", "line", "said"),
    [
        ("kênh: thư", 14, "Không có kênh “thư”"),
        ("chủ đề: bóng đá", 14, "Không có chủ đề “bóng đá”"),
        ("ngôn ngữ: tiếng Lào", 14, "Không có ngôn ngữ “tiếng Lào”. Có: en, vi."),
    ],
)
def test_a_wrong_name_deep_in_a_segment_is_told_by_line(tmp_path: Path, wrong: str, line: int, said: str) -> None:
    text = NESTED.replace(
        "kênh: web\n    - một trong:\n        - chủ đề: Xóa mù chữ", f"một trong:\n        - {wrong}"
    )
    (tmp_path / "segments.yml").write_text(text, "utf-8")
    with pytest.raises(Forbidden) as error:
        build_segment(load_segments(tmp_path / "segments.yml")["nhom"], PLACES, TOPICS, ["web"], LANGUAGES)
    assert report.explain(TEXTS, error.value).startswith(f"segments.yml:{line}: {said}")


def test_alternatives_that_all_name_topics_are_not_narrowed_to_the_campaigns() -> None:
    asked = NamedSegment("", "", topics=("ky nang so",))
    assert NamedSegment("", "", any_of=(asked, asked)).names_topics
    assert not NamedSegment("", "", any_of=(asked, NamedSegment("", "", ("Hà Nội",)))).names_topics


def test_every_status_and_reason_the_code_uses_has_its_words() -> None:
    from bot.db.flushes import Verdict
    from bot.outreach.broadcast import Status
    from bot.outreach.delivery import DeliveryStatus, OnAmbiguous

    texts: Texts = TEXTS
    keys = [f"status.{each}" for each in Status] + [f"delivery.{each}" for each in DeliveryStatus]
    keys += [f"policy.{each}" for each in OnAmbiguous]
    keys += [f"reason.{each}" for each in (Verdict.STOPPED, Verdict.EXPIRED)]
    assert [key for key in keys if key not in texts.phrases] == []
