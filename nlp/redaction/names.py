"""Names of persons, found by what stands around them; surnames and given-name characters keep it honest."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.redaction.addresses import place_names
from nlp.redaction.name_words import (
    AFTER_NAME,
    ENDING_NICKNAME,
    FOREIGN,
    FOREIGN_PIECES,
    FUNCTION,
    LATIN_NAME,
    LONG_TITLES,
    NAMED_ROLE,
    NO_NICKNAME,
    NO_SHORT_TITLE,
    NOT_GIVEN,
    PLAIN_GIVEN,
    PLAIN_NICKNAME,
    SHORT_TITLE,
    STREETS,
    STRONG,
    TITLE,
    UNTITLED,
    VERB_SURNAMES,
    H,
    surnames,
)
from nlp.redaction.spans import PiiSpan, PiiType
from nlp.tokenizer import dictionary


def find_names(text: str) -> list[PiiSpan]:
    """Spans of names, surest first."""
    found = [
        *_foreign(text),
        *_after_strong_cue(text),
        *_titled(text),
        *_nicknames(text),
        *_after_role(text),
        *_owners(text),
        *_standing_alone(text),
        *_full_names(text),
    ]
    return [PiiSpan(begin, end, PiiType.NAME) for begin, end in found]


def _foreign(text: str) -> Iterator[tuple[int, int]]:
    yield from (match.span() for match in FOREIGN_PIECES.finditer(text))
    for match in LATIN_NAME.finditer(text):
        yield match.span(1)
    if "·" in text or "•" in text or "・" in text:
        for match in FOREIGN.finditer(text):
            cue = re.match(r".*(?:叫|是|名字|姓名|客户|我)", match.group().split("·")[0])
            yield match.start() + (cue.end() if cue else 0), match.end()


def _after_strong_cue(text: str) -> Iterator[tuple[int, int]]:
    for cue in STRONG.finditer(text):
        begin = cue.end()
        if length := _name_length(text, begin, strict=False):
            yield begin, begin + length
        elif re.search("(?:叫做?|名字?(?:就?是|[:：])|姓名[是为叫:：\\s]*)[\"“'「\\s]*$", cue.group()) and (
            match := re.compile(rf"{H}{{2,5}}(?=$|[^\u4e00-\u9fff]|电话|手机|身份证|的|他|她|这|，)").match(
                text, begin
            )
        ):
            name = match.group()
            pairs = [name[i : i + 2] for i in range(len(name) - 1)]
            if not FUNCTION & set(name) and not any(map(_word, [name, *pairs])):
                yield match.span()


def _after_role(text: str) -> Iterator[tuple[int, int]]:
    for cue in NAMED_ROLE.finditer(text):
        begin = cue.end()
        if length := _name_length(text, begin, strict=True):
            yield begin, begin + length


def _owners(text: str) -> Iterator[tuple[int, int]]:
    """东方红英名下的保单: the longest name that ends where its belongings begin."""
    for match in re.finditer("名下|本人(?=[吗呢么啊吧签来，。?？]|$)|亲笔签", text):
        for length in (4, 3, 2):
            begin = match.start() - length
            surname = surnames().pattern.match(text, max(begin, 0)) if begin >= 0 else None
            if surname and 1 <= match.start() - surname.end() <= 2 and not _straddled(text, begin):
                given = set(text[surname.end() : match.start()])
                if given <= (surnames().given | PLAIN_GIVEN) - NOT_GIVEN and not _word(
                    text[begin : match.start()]
                ):
                    yield begin, match.start()
                    break


def name_at(text: str, begin: int) -> int:
    """Length of the name that `begin` starts with, 0 if none does; for places where a name is expected."""
    return _name_length(text, begin, strict=False)


def _name_length(text: str, begin: int, *, strict: bool) -> int:
    """Length of the surname and given name at `begin`, 0 if there is none.

    `strict` also asks that the candidate be no word of the dictionary and its given name look like one.
    """
    lexicon = surnames()
    surname = lexicon.pattern.match(text, begin)
    if not surname:
        return 0
    for given in (2, 1):
        end = surname.end() + given
        candidate, characters = text[begin:end], text[surname.end() : end]
        if len(characters) < given or not all("\u4e00" <= c <= "\u9fff" for c in characters):
            continue
        if set(characters) & NOT_GIVEN and not (not strict and set(characters) <= lexicon.given):
            continue
        if not re.compile(AFTER_NAME).match(text, end) and not (
            given == 2 and set(characters) <= lexicon.given
        ):
            continue
        if _ordinary(candidate, strict=strict):
            continue
        if strict and not set(characters) <= lexicon.given | PLAIN_GIVEN:
            continue
        return end - begin
    return 0


def _ordinary(candidate: str, *, strict: bool) -> bool:
    """Whether a candidate is, or begins with, an ordinary word."""
    # 叫白天明: where a name is announced, a whole one is not judged by its beginning.
    whole = not strict and len(candidate) == 3 and set(candidate[1:]) <= surnames().given | PLAIN_GIVEN
    if whole and candidate not in surnames().never and not _word(candidate):
        return False
    if {candidate, candidate[:2], candidate[:3]} & surnames().never:
        return not (not strict and candidate in ("高兴", "白雪", "杨柳", "黄金", "平安", "安全", "金花"))
    if not strict:
        return False
    beginning = candidate[:2]
    return _word(candidate) or (
        beginning not in surnames().compound
        and _word(beginning)
        and (len(candidate) == 2 or _common(beginning) or candidate[-1] in NOT_GIVEN)
    )


def _word(text: str) -> bool:
    """Whether the dictionary knows it, and not as a name."""
    return not dictionary().get(text, "nr").startswith("nr")


def _common(text: str) -> bool:
    """Whether it is a word of everyday speech: a verb, adjective, adverb, number, time or function word."""
    return dictionary().get(text, "nr")[0] in "vadmtrpcfqu"


def _straddled(text: str, begin: int) -> bool:
    """Whether a dictionary word lies across the beginning of a candidate: 保|费总, 关|于先生."""
    pair = text[begin - 1 : begin + 1] if begin else ""
    return len(pair) == 2 and _word(pair)


def _titled(text: str) -> Iterator[tuple[int, int]]:
    lexicon = surnames()
    for match in TITLE.finditer(text):
        if begin := _before_title(text, match.start()):
            yield begin - 1, match.end()
    for match in SHORT_TITLE.finditer(text):
        at = match.start()
        if at == 0 or NO_SHORT_TITLE.match(text, at):
            continue
        surname = text[at - 1]
        if surname not in lexicon.single or surname in UNTITLED or _straddled(text, at - 1):
            continue
        # 保费的钱总的来说: these surnames are money.
        if surname in "钱金费汇" and text[at : at + 2] == "总的":
            continue
        pair = text[at - 1 : at + 1]
        known = dictionary().get(pair)
        if known is not None and not known.startswith("nr"):
            continue
        if pair in lexicon.never or text[at - 1 : at + 2] in dictionary():
            continue
        after = text[at : at + 2]
        if after in dictionary() and after not in LONG_TITLES and match.group() not in "总姐哥叔":
            continue
        if match.group() in "公婆老工处局科队医律妈爷" and not re.match(
            r"$|[^\u4e00-\u9fff]|[的说是在给让跟和他她帮您你]", text[at + 1 :]
        ):
            continue
        yield at - 1, at + 1


def _before_title(text: str, at: int) -> int:
    """1 + where the name in front of a title at `at` begins; 0 if none stands there."""
    lexicon = surnames()
    for length in (4, 3, 2, 1):
        begin = at - length
        if begin < 0:
            continue
        surname = lexicon.pattern.match(text, begin, at)
        if not surname:
            continue
        given = text[surname.end() : at]
        if len(given) > 2 or (given and not set(given) <= lexicon.given - NOT_GIVEN):
            continue
        if (
            not given
            and len(surname.group()) == 1
            and surname.group() in UNTITLED
            and surname.group() not in "于"
        ):
            continue
        if _straddled(text, begin):
            continue
        if given and _ordinary(text[begin:at], strict=True):
            continue
        if not given and len(surname.group()) == 1 and _word(text[begin : begin + 2]):
            continue
        return begin + 1
    return 0


def _nicknames(text: str) -> Iterator[tuple[int, int]]:
    """老钱, 小陈, 阿芳: not 老家, 小时, 小毛病."""
    lexicon, words = surnames(), dictionary()
    for match in re.finditer(rf"(?<!{H})阿({H})(?=你|您|[，,、。！!]|说|姐|哥|$)", text):
        kin = match.group(1) in "妹姨哥姐婆公爷叔弟嫂爸妈爹婶伯仔女"
        if match.group(1) in lexicon.given and not kin and not _word(match.group()):
            yield match.span()
    for match in re.finditer(rf"[老小阿大]({H})", text):
        prefix, surname = text[match.start()], match.group(1)
        if surname not in lexicon.single or surname in NO_NICKNAME:
            follows = surname in ENDING_NICKNAME and _nickname_end(text, match.end())
            if not (follows and prefix in "老小"):
                continue
        if prefix == "大" or _straddled(text, match.start()):
            continue
        following = text[match.end() - 1 : match.end() + 1]
        if (
            len(following) == 2
            and following in words
            and not words[following].startswith("nr")
            and following[1:] not in "姐哥总说"
            and not TITLE.match(text, match.end())
        ):
            continue
        known = match.group() in words and not words[match.group()].startswith("nr")
        if known and not (prefix in "老小" and surname in PLAIN_NICKNAME):
            continue
        yield match.span()


def _nickname_end(text: str, end: int) -> bool:
    return bool(re.match(r"$|[^\u4e00-\u9fff]|[，。说就是给让帮他她的在]", text[end:]))


def _standing_alone(text: str) -> Iterator[tuple[int, int]]:
    """A name between two marks of punctuation, as in a list of particulars."""
    lexicon = surnames()
    for match in re.finditer(rf"(?:(?<=[，,、:：;；（(\s])|^)({H}{{2,4}})(?=[，,、;；）)。\s\d]|$)", text):
        name = match.group(1)
        surname = lexicon.pattern.match(name)
        if not surname or not 1 <= len(name) - surname.end() <= 2:
            continue
        given = name[surname.end() :]
        if (
            not set(given) <= lexicon.given - NOT_GIVEN
            # What stands alone is one word or none: 梁国栋 is no 梁国.
            or given[-1] in STREETS
            or {name, name[:2], name[:3]} & lexicon.never
            or _word(name)
            or (len(name) < 4 and _common(name[-2:]))
        ):
            continue
        yield match.span(1)


def _full_names(text: str) -> Iterator[tuple[int, int]]:
    """Surname and two given-name characters that no dictionary word explains."""
    lexicon, words = surnames(), dictionary()
    for match in lexicon.pattern.finditer(text):
        end = match.end() + 2
        given = text[match.end() : end]
        if len(given) < 2 or not set(given) <= lexicon.given - NOT_GIVEN:
            continue
        if match.group() in UNTITLED or _straddled(text, match.start()):
            continue
        candidate = text[match.start() : end]
        if given[-1] in STREETS or text[end : end + 1] in tuple(STREETS):
            continue
        if (
            _ordinary(candidate, strict=True)
            or _word(candidate[:2])
            # Dictionaries list many given names as places (桂兰); real towns stay no names.
            or (
                _word(given)
                and (
                    given in place_names()
                    or not words[given].startswith("ns")
                    or match.group() in VERB_SURNAMES
                )
            )
        ):
            continue
        tail = text[end - 1 : end + 1]
        if len(tail) == 2 and tail in words and not words[tail].startswith("nr"):
            continue
        if text[end - 1 : end + 2] in words or text[end - 2 : end + 1] in words:
            continue
        yield match.start(), end
