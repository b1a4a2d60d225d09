"""Any answer that a file can hold, for properties that must hold of all of them."""

from datetime import date

from hypothesis import strategies as st

from bot.knowledge.entry import Action, Answer, Audience, Button, FollowUp, Source, Validity
from nlu.vietnamese import fold

# What is said may hold anything but what is a sign of the format at its place.
SAID = (
    "học chữ ở đâu Ủy ban ĐVHT (GDTX) 19:00 70% 30/7/2021 **đậm** _nghiêng_ “kép” TT 24/2023/TT-BGDĐT – a&b "
    "e.g. lớp? Nguồn Mã Trả lời từ đến Tìm trung tâm 1. #thẻ"
)
WORDS = SAID.split()
PHRASE = st.builds(
    lambda first, rest: " ".join([first, *rest]),
    st.sampled_from([word for word in WORDS if word[0].isalnum()])
    | st.from_regex(r"[a-zđơ][a-z0-9ữ]{0,5}", fullmatch=True),
    st.lists(st.sampled_from(WORDS), max_size=5),
)
SHORT = PHRASE.map(lambda phrase: phrase.replace(":", ""))
DAY = st.dates(date(1990, 1, 1), date(2099, 12, 31))
CODE = st.from_regex(r"[a-z]{1,5}-[0-9]{2}", fullmatch=True)
TEXT_LINE = PHRASE | PHRASE.map(lambda each: f"- {each}") | PHRASE.map(lambda each: f"Lưu ý: {each}") | st.just("")
FIXED = {Action.FIND_CENTRE: "Tìm trung tâm", Action.MENU: "Trang chủ"}


@st.composite
def answers(draw: st.DrawFn) -> Answer:
    """Any answer that a file can hold."""
    start, end = draw(st.none() | DAY), draw(st.none() | DAY)
    if start and end and end < start:
        start, end = end, start
    buttons = st.builds(Button, SHORT, CODE) | st.builds(Button, SHORT, st.sampled_from([*map(str, Action)]))
    fixed = st.sampled_from([Button(label, str(action)) for action, label in FIXED.items()])
    url = st.just("") | SHORT.map(lambda each: f"https://lawnet.vn/{fold(each, words=True).replace(' ', '-')}")
    text, detail = ("\n".join(draw(st.lists(TEXT_LINE, max_size=4))).strip() for _ in range(2))
    return Answer(
        code=draw(CODE),
        topic="mau",
        topic_title="Mẫu",
        short_title=draw(SHORT),
        question=draw(PHRASE),
        wordings=tuple(draw(st.lists(PHRASE, max_size=6))),
        text=text or "Không.",
        buttons=tuple(draw(st.lists(buttons | fixed, max_size=3))),
        audiences=tuple(draw(st.lists(st.sampled_from(Audience), min_size=1, unique=True))),
        validity=Validity(start, end),
        sources=tuple(draw(st.lists(st.builds(Source, SHORT, st.just("") | SHORT, url), min_size=1, max_size=3))),
        checked_on=draw(DAY),
        review_by=draw(st.none() | DAY),
        detail=detail,
        follow_ups=tuple(draw(st.lists(st.builds(FollowUp, st.lists(SHORT, min_size=1).map(tuple), CODE)))),
    )
