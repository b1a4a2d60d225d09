"""Vietnamese as people type it: one normaliser, folding to ASCII, keystroke leftovers, shorthand, dialect."""

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

_INVISIBLE: Final = re.compile(
    "[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb]"
)
_MARKS: Final = re.compile("[\u0300-\u036f]+")
_SPACES: Final = re.compile(r"\s+")
_REPEATED: Final = re.compile(r"([^\d\s])\1{2,}")
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")
_CHUNK: Final = re.compile(r"\d+(?:[.,]\d+)*(?![^\W_])|[^\W_]+")
_RUN: Final = re.compile(r"\d+|\D+")
_FOREIGN_LETTERS: Final = "\u0370-\u1dff\u2e80-\ua4cf\ua840-\uabff\uac00-\ud7ff\uf900-\ufaff"
_FOREIGN: Final = re.compile(f"[{_FOREIGN_LETTERS}][{_FOREIGN_LETTERS}\\s]*")
_FOREIGN_WORD: Final = "xforeign"

_VOWEL: Final = re.compile("[aeiouy]")
_MASHED: Final = re.compile(r"[bcdfghjklmnpqrstvwxz]{6}|^(..?)\1{2,}$")
_SINGLE_LETTERS: Final = frozenset("aáàảãạơừờởôồổếềíìóòỏúùủýỳ")

_BASE: Final = "aăâeêioôơuưyAĂÂEÊIOÔƠUƯY"
_TONES: Final = "\u0300\u0301\u0303\u0309\u0323"
_FOLD_TABLE: Final = str.maketrans(
    {
        **{
            unicodedata.normalize("NFC", letter + tone): unicodedata.normalize("NFD", letter)[0].lower()
            for letter in _BASE
            for tone in ("", *_TONES)
        },
        **dict.fromkeys("đĐðÐ", "d"),
    }
)

_GLIDES: Final = re.compile(
    r"(?<![qQ])([oOuU])([àáãảạèéẽẻẹỳýỹỷỵÀÁÃẢẠÈÉẼẺẸỲÝỸỶỴ])(?![^\W\d_])",
)


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# ------------------------------------------------------------------ unicode and folding


def normalise_unicode(text: str) -> str:
    """Return `text` in NFC without zero-width, control and direction characters; lines are kept."""
    return unicodedata.normalize("NFC", _INVISIBLE.sub("", unicodedata.normalize("NFC", text)))


def place_tone_marks(text: str) -> str:
    """Return NFC `text` with the tone of open oa, oe, uy on the first vowel: hoà → hòa, thuỷ → thủy."""

    def shift(match: re.Match[str]) -> str:
        first, second = match.group(1), unicodedata.normalize("NFD", match.group(2))
        if (first + second[0]).lower() not in ("oa", "oe", "uy"):
            return match.group()
        return unicodedata.normalize("NFC", first + second[1:]) + second[0]

    return _GLIDES.sub(shift, text)


def normalise(text: str) -> str:
    """Return `text` ready to be read: NFC, tones in place, three or more equal signs squeezed to one.

    Digits are never squeezed, white space becomes single spaces, letter case is kept. Idempotent.
    """
    clean = _SPACES.sub(" ", normalise_unicode(text)).strip()
    return place_tone_marks(normalise_unicode(_REPEATED.sub(r"\1", clean)))


def fold(text: str, *, words: bool = False) -> str:
    """Return `text` in lower case without diacritics (đ → d), everything else as it stands.

    With `words` only ASCII letters and digits remain, as words separated by single spaces.
    """
    folded = text.translate(_FOLD_TABLE)
    if not folded.isascii():
        decomposed = unicodedata.normalize("NFKD", folded).translate(_FOLD_TABLE)
        folded = _MARKS.sub("", decomposed)
    folded = folded.lower()
    return _NOT_WORD.sub(" ", folded).strip() if words else folded


def has_diacritics(text: str) -> bool:
    """Tell whether `text` carries any Vietnamese diacritic."""
    return not text.isascii() and text.lower().translate(_FOLD_TABLE) != text.lower()


def tokens(text: str) -> list[str]:
    """Return the words and numbers of `text` in lower case, diacritics kept.

    Every run of a non-Latin script (Chinese, Khmer, Lao …) becomes the one word "xforeign". "24/2023" is two
    numbers, "69,5" is one; "tt24" is a word and a number unless it spells a syllable in VNI keystrokes.
    """
    return list(_tokens(text))


# One message is cut up several times while it is read.
@lru_cache(maxsize=64)
def _tokens(text: str) -> tuple[str, ...]:
    found: list[str] = []
    for chunk in _CHUNK.findall(_FOREIGN.sub(f" {_FOREIGN_WORD} ", normalise(text)).lower()):
        if chunk.isalpha() or keystrokes(fold(chunk)):
            found.append(chunk)
        elif chunk[0].isdigit() and not any(map(str.isalpha, chunk)):
            found.append(chunk.replace(",", "."))
        else:
            found.extend(_RUN.findall(chunk))
    return tuple(found)


def is_gibberish(text: str) -> bool:
    """Tell whether `text` holds nothing to read: no letter or digit, or only keyboard mashing ("sdfgh").

    Shorthand ("ko", "tthtcđ"), numbers and other scripts can be read.
    """
    return not any(_is_readable(token) for token in tokens(text))


def _is_readable(token: str) -> bool:
    if token in SHORTHAND or token[0].isdigit() or token in _SINGLE_LETTERS:
        return True
    word = fold(token, words=True)
    return len(word) > 1 and bool(_VOWEL.search(word)) and not _MASHED.search(word)


# ------------------------------------------------------------------ syllables and keystrokes

_ONSETS: Final = _words("b c ch d g gh gi h k kh l m n ng ngh nh p ph q qu r s t th tr v x")
_RIMES: Final = _words(
    """a ac ach ai am an ang anh ao ap at au ay e ec em en eng eo ep et eu ech enh
    i ia ic ich iec iem ien ieng iep iet ieu im in inh ip it iu
    o oa oac oach oai oam oan oang oanh oao oap oat oay oc oe oem oen oeo oet oi om on ong ooc oong op ot
    u ua uan uang uat uay uc ue uech uenh ui um un ung uo uoc uoi uom uon uong uop uot uou up ut uu uy uya
    uyen uyet uyn uynh uych uyt uyu y yem yen yet yeu"""
)


@lru_cache(maxsize=8192)
def is_syllable(word: str) -> bool:
    """Tell whether folded `word` could be a Vietnamese syllable."""
    if word in _RIMES:
        return True
    return any(word[:n] in _ONSETS and word[n:] in _RIMES for n in (3, 2, 1)) or word in ("gi", "gin", "gia")


_NUMBERED: Final = _words(
    "lop muc cap thang nam ky ki tt qd nd nq cv kh quy dot bac khoa tap so dieu thu giai doan hang"
)


@lru_cache(maxsize=8192)
def keystrokes(word: str) -> str:
    """Return the syllable that raw Telex or VNI keystrokes spell ("dduwowcj", "d9uo75c" → "duoc"), or "".

    `word` is folded; only what is no syllable as it stands is read as keystrokes.
    """
    if is_syllable(word) or not 2 <= len(word) <= 12:
        return ""
    if not word.isalpha():
        stem = word.rstrip("123456789")
        if stem in _NUMBERED or not re.search(r"[aeiouy]", word):
            return ""
        plain = re.sub(r"d9", "d", word)
        plain = re.sub(r"(?<=[a-z])[1-8]{1,2}", "", plain)
        return plain if is_syllable(plain) else ""
    plain = word.replace("dd", "d").replace("uw", "u").replace("ow", "o").replace("aw", "a")
    plain = re.sub(r"(?<=[bcdghklmnpqrstvx])w", "u", plain).replace("w", "")
    plain = re.sub(r"([aeo])\1", r"\1", plain)
    for candidate in (plain, *_without_tone_key(plain)):
        if is_syllable(candidate):
            return candidate
    return ""


def _without_tone_key(word: str) -> Iterator[str]:
    vowel = next((i for i, letter in enumerate(word) if letter in "aeiouy"), len(word))
    for i in range(len(word) - 1, vowel, -1):
        if word[i] in "sfrxj":
            yield word[:i] + word[i + 1 :]
    if len(word) > 3 and word[-1] in "aeo" and word[-1] in word[:-1]:
        yield word[:-1]


# ------------------------------------------------------------------ shorthand and dialect


def _readings(table: str) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {}
    for line in re.split(r"[;\n]", table.strip()):
        keys, _, readings = line.strip().partition(" : ")
        for key in keys.split():
            own = fold(key, words=True)
            found[key] = tuple(own if r == "=" else fold(r, words=True) for r in readings.split("|"))
    return found


SHORTHAND: Final = _readings(
    """
    ko k kg hk hok hông hổng khum khm hem hêm khg hk0 k0 kô hôg khôg hẻm : không ; hong kh : =|không
    dc đc đx dx đuoc đươc đựơc : được ; dk : được|đăng ký|điều kiện
    đk đky đki dki dky : đăng ký|điều kiện ; j gj zì jì : gì ; chi : =|gì ; zi : gì|vậy
    bn : bao nhiêu|bạn ; nhiu nhiêu bnhiu bnhieu bnhiêu bnh baonhieu : bao nhiêu ; r rùi roài ròi : rồi
    z v zậy dzậy vại vậ : vậy ; mk mik mìn : mình ; ntn nhtn : như thế nào ; sdt sđt đt : số điện thoại
    vs vứi zới dzới : với ; wa wá qá quớ : quá ; cx cug cũg cg : cũng ; ad adm : admin ; e iem : em
    a : anh ; b : bạn ; mn mng : mọi người ; ms : mới|mấy ; nv : nhân viên|nhiệm vụ ; hđ : hoạt động
    h : giờ ; bh : bao giờ|bây giờ|bảo hiểm ; bjo bgio bg : bao giờ|bây giờ ; đou đao : đâu
    lm lem : làm ; trc trk : trước ; ng ngừi nguoi : người
    tks thks thank thanks thankyou thx cảmơn camon : cảm ơn ; mún : muốn ; bít bik bjk bik bjt : biết
    hs : học sinh|hồ sơ ; sv : sinh viên ; gv : giáo viên ; tg : thời gian
    tt : thông tư|trung tâm|thông tin ; qđ qd : quyết định ; nđ nd : nghị định ; cv : công văn
    nq : nghị quyết ; ct : chỉ thị|chương trình ; kl : kết luận ; tb : thông báo
    ubnd : ủy ban nhân dân ; hđnd hdnd : hội đồng nhân dân ; tthc : thủ tục hành chính
    hcc : hành chính công ; dvc : dịch vụ công ; tthtcđ tthtcd htcđ htcd : trung tâm học tập cộng đồng
    xmc : xóa mù chữ ; gdtx : giáo dục thường xuyên ; ttgdtx : trung tâm giáo dục thường xuyên
    gdnn : giáo dục nghề nghiệp ; ttgdnn : trung tâm giáo dục nghề nghiệp
    cđht cdht : cộng đồng học tập ; đvht dvht : đơn vị học tập ; gđht gdht : gia đình học tập
    dhht : dòng họ học tập ; xhht : xã hội học tập ; htsđ htsd : học tập suốt đời
    gdđt gdvđt gd-đt gddt : giáo dục và đào tạo ; sgd sgdđt sgddt : sở giáo dục và đào tạo
    bgd bgdđt bgddt bộgd : bộ giáo dục và đào tạo ; vhxh : văn hóa xã hội ; pcgd : phổ cập giáo dục
    bdhv : bình dân học vụ ; bdhvs : bình dân học vụ số ; cđs cds : chuyển đổi số
    cntt : công nghệ thông tin ; dtts : dân tộc thiểu số ; đbkk dbkk : đặc biệt khó khăn
    thcs : trung học cơ sở ; thpt : trung học phổ thông ; nlđ : người lao động
    tphcm hcm : thành phố hồ chí minh ; ttg : thủ tướng ; gcn : giấy chứng nhận
    cccd : căn cước công dân ; bhyt : bảo hiểm y tế ; bhxh : bảo hiểm xã hội ; rứa rứ : vậy
    rua : =|vậy ; răng : =|sao ; mô mo : =|đâu ; tui toi choa : tôi ; tau : =|tôi ; mần : làm
    dìa zìa zề : về ; hỉ : nhỉ ; nớ : đó ; ni nì nầy : =|này ; má mạ : =|mẹ ; coi : =|xem ; bển : bên đó
    """
)
"""Folded readings of what people shorten or say in dialect, likeliest first, by the token as typed.

Where a key stands among its own readings ("mô": mô hình, or đâu), the words around it decide.
"""

DOCUMENT_KINDS: Final = {
    "thong tu": "tt",
    "quyet dinh": "qd",
    "nghi dinh": "nd",
    "cong van": "cv",
    "nghi quyet": "nq",
    "chi thi": "ct",
    "ket luan": "kl",
    "ke hoach": "kh",
    "luat": "l",
}
"""Folded names of the kinds of legal document and the letters that stand for them in document numbers."""

_DIGIT_NAMES: Final = "mot hai ba bon nam sau bay tam chin"
DIGIT_WORDS: Final = dict(zip("123456789", _DIGIT_NAMES.split(), strict=True))
"""Folded number word of each single digit."""

JOINING_WORDS: Final = (
    "và",
    "với lại",
    "rồi",
    "còn",
    "ngoài ra",
    "đồng thời",
    "va",
    "voi lai",
    "roi",
    "con",
)
"""Words that may stand between two questions in one message."""

FILLERS: Final = _words(
    "a oi nhi nhe nha vay the thi la ma cho em minh toi ban anh chi con co chu bac da vang xin hoi gium "
    "giup voi rang nay kia do ay day duoc khong phai ha ua cai nhung cac va"
)
"""Folded words that tell nothing of what is asked."""

_PERSON: Final = "(?:ad|admin|bot|ban|em|anh chi|anh|chi|co chu|co|chu|bac|shop|cac ban|minh|toi|con|chau) "
_TONE: Final = (
    "(?:a|voi|nhe|nha|nghe|nghen|nhi|vay|the|chut|xiu|ti|mot chut|mot ti|nhieu|lam|truoc|rat nhieu|qua) "
)
_OPENING: Final = re.compile(
    f"(?:(?:da |vang |thua )+(?:{_PERSON}(?:oi |a )?)?"
    f"|(?:{_PERSON})?(?:xin )?chao (?:moi nguoi |ba con |{_PERSON})*(?:oi )?(?:a )?"
    f"|(?:hi|hello|alo|a lo|hey) (?:{_PERSON})*(?:oi )?(?:a )?|{_PERSON}oi (?:a )?"
    f"|(?:lam on )?(?:cho|xin) (?:phep )?(?:{_PERSON})?(?:xin )?(?:duoc )?hoi (?:{_TONE}|la |them |nho )*"
    f"|(?:{_PERSON})?(?:dang )?(?:muon|can) hoi (?:{_TONE}|la |ve viec |ve )*)+"
)
_CLOSING: Final = re.compile(
    f"(?: (?:{_PERSON})?(?:xin )?(?:chan thanh )?cam on (?:{_PERSON}|{_TONE})*"
    f"| (?:nho |mong )?(?:{_PERSON})?(?:chi |tra loi |giai dap |tu van |huong dan )?"
    f"(?:giup|gium|dum|ho) (?:{_PERSON})?(?:{_TONE})*)+$"
)


def without_courtesies(words: str) -> str:
    """Return folded `words` less greetings before and thanks after what is asked; "" if nothing is left."""
    core = _OPENING.sub("", f"{words} ", count=1) if _OPENING.match(f"{words} ") else f"{words} "
    return _CLOSING.sub("", f" {core}").strip()


LEANING_START: Final = re.compile(
    "^(?:(?:a|u|uh|um|da|vang|ok|oke) )*(?:the con|vay con|con|the thi|vay thi|the roi|the|vay|roi|nhung|con neu"
    "|neu|o do|cho do|lop do|cai do|viec do|nay|cai nay|viec nay|trong do|luc do|khi do|sau do|rua|zay|day)\\b"
)
LEANING_END: Final = re.compile(r"\b(?:thi sao|thi the nao|sao|the nao|thi may|a|nhi|ha|vay|the|z|hen|he|nhe)$")
"""How folded words begin or end that lean on what was said before ("thế còn cấp tỉnh", "cấp tỉnh thì sao")."""

_SELF: Final = "(?:(?:minh|toi|em|con|chau|tui|bac|co|chu|anh|chi) )?"
CORRECTION: Final = re.compile(
    f"^(?:khong|ko|k|hong|nham|lon|sai)(?: phai| roi)?(?:[,.!]+ ?(?:{_SELF}(?:muon )?(?:hoi|noi) (?:la |ve )?"
    f"|y {_SELF}(?:la|muon (?:hoi|noi)) )| y {_SELF}(?:la|muon (?:hoi|noi)) )"
)
"""How a folded text begins that corrects what was understood ("không, ý tôi là …")."""

PLACE_TYPES: Final = ("xa", "phuong", "thi tran", "quan", "huyen", "thi xa", "tinh", "thanh pho", "dac khu")
"""Folded words that stand before the name of an administrative unit."""

LEVELS: Final = ("cap tinh", "cap huyen", "cap xa", "cap quoc gia", "cap trung uong", "cap so", "cap thon")
"""Folded names of the levels of administration."""

AGE_WORDS: Final = ("tuoi", "tuoi roi", "xuan")
"""Folded words that follow an age."""

NUMBER_WORDS: Final = {
    **{word: int(digit) for digit, word in DIGIT_WORDS.items()},
    **dict.fromkeys(("muoi", "chuc"), 10),
    **{"lam": 5, "nham": 5, "tu": 4, "bay": 7, "mot": 1},
}
"""Value of each folded word of the numbers up to ninety-nine."""

EMOJI: Final = {
    **dict.fromkeys("👍👌✅🆗", "đồng ý"),
    **dict.fromkeys("🙏❤💕💖🌹🥰😍", "cảm ơn"),
    **dict.fromkeys("👋", "xin chào"),
    **dict.fromkeys("👎", "không"),
}
"""What people say with a picture alone."""

TELEX_TONES: Final = {"\u0300": "f", "\u0301": "s", "\u0303": "x", "\u0309": "r", "\u0323": "j"}
TELEX_SHAPES: Final = {"â": "aa", "ă": "aw", "ê": "ee", "ô": "oo", "ơ": "ow", "ư": "uw", "đ": "dd"}
"""The Telex keystrokes of the tone marks and of the letters with a shape of their own."""
