"""Names of persons, found by what stands around them; surnames and given-name characters keep it honest."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from nlp.redaction.addresses import place_names
from nlp.redaction.spans import PiiSpan, PiiType
from nlp.tokenizer import dictionary

_LEXICON = Path(__file__).resolve().parents[2] / "data" / "lexicon"
_H = r"[\u4e00-\u9fff]"

_LONG_TITLES = [
    "先生",
    "女士",
    "小姐",
    "太太",
    "夫人",
    "老师",
    "老師",
    "医生",
    "醫生",
    "大夫",
    "经理",
    "經理",
    "主任",
    "会计",
    "師傅",
    "师傅",
    "老板",
    "老闆",
    "局长",
    "处长",
    "科长",
    "律师",
    "护士",
    "教授",
    "同学",
    "警官",
    "站长",
    "店长",
    "村长",
    "书记",
    "阿姨",
    "大哥",
    "大姐",
    "大爷",
    "大妈",
    "大叔",
    "大娘",
    "婆婆",
    "奶奶",
    "爷爷",
    "叔叔",
    "伯伯",
    "校长",
    "院长",
    "秘书",
    "专员",
    "顾问",
    "组长",
    "队长",
    "班长",
    "董事长",
    "部长",
    "厂长",
    "总监",
    "总经理",
    "副总",
    "代表",
    "工程师",
    "警员",
    "法官",
    "博士",
    "督导",
    "客户经理",
    "讲师",
    "主管",
    "先森",
    "女仕",
    "老先生",
    "老太太",
    "老人家",
    "师母",
    "妹子",
    "兄弟",
    "大嫂",
]
_SHORT_TITLES = [
    "总",
    "姐",
    "哥",
    "叔",
    "姨",
    "婶",
    "伯",
    "嫂",
    "工",
    "董",
    "队",
    "局",
    "处",
    "科",
    "爷",
    "妈",
    "姑",
    "公",
    "婆",
    "妹",
    "弟",
    "律",
    "医",
    "老",
]
# Words in which a short title is no title: 钱总是扣, 张公司, 李医院, 马处理 …
_NO_SHORT_TITLE = re.compile(
    r"总(?:是|共|额|算|之|有|会|不|能|要|结|体|公司|部|行|数|价|金额|保费|觉得|说)|工(?:作|资|伤|号|商|行|本|程|人|厂|龄)|公(?:司|里|积|告|众|交|共|证|式|布)|"
    r"处(?:理|罚|方|境|长|于)|科(?:室|技|学|长)|局(?:限|部|长)|队(?:长)|妈的|医(?:院|生|保|疗|药|学)|律师|老(?:是|师|人|家|板)|弟(?:子|弟|兄)|"
    r"姐(?:妹|夫)|哥(?:俩|哥)|叔叔|姑(?:娘|且)|爷爷|婆婆|董事|妹(?:子|妹)|律(?:所|的)"
)

_PERSON = (
    r"(?:我(?:的)?|他(?:的)?|她(?:的)?|俺(?:的)?|咱)?(?:姐夫|妹夫|嫂子|弟媳|女婿|儿媳妇?|老公|老婆|爱人|丈夫|妻子|先生|太太|媳妇儿?|儿子|女儿|闺女|姑娘|孩子|小孩|宝宝|娃儿?|孙子|孙女|外孙女?|爸爸?|妈妈?|"
    r"父亲|母亲|爷爷|奶奶|姥姥|姥爷|外婆|外公|公公|婆婆|岳父|岳母|丈母娘|老丈人|哥哥?|姐姐?|弟弟?|妹妹?|姐夫|妹夫|嫂子|弟媳|女婿|儿媳妇?|侄子|侄女|外甥女?|舅舅?|姑姑?|姨妈?|姑父|姑妈|姨父|婶婶?|舅妈|老伴儿?|亲家|叔叔?|伯伯?|堂\S|表\S|同事|朋友|客户|老乡)"
)
# After these a name follows almost surely; it may even be an ordinary word (杨柳) or have no known surname.
_STRONG = re.compile(
    rf"(?:我(?:就)?叫|(?:他|她|俺|人家?|名字|全名|大名|本名|真名|名)(?:就|是|也)?叫做?|名字(?:是|就是|写的?是|:|：)|(?:{_PERSON})(?:名字)?(?:叫|的名字是)|"
    r"姓名(?:是|为|叫|写的?是|:|：|，|,|\s)*|户名(?:是|为|叫|写的?是|:|：|\s)*|户主(?:是|叫|:|：)?|(?:号|机|车|房|卡)主(?:是|叫|:|：)|开户人(?:是|叫|:|：)?|持卡人(?:是|叫|:|：)?|"
    r"联系人(?:是|叫|:|：)|收件人(?:是|叫|:|：)?|(?:投保人|被保险人|被保人|受益人|领取人|申请人|报案人|车主|业务员|代理人|经办人|客户|客户经理|服务人员|签字人|继承人)\s*(?:姓名|名字)?\s*(?:是|为|叫|写的?是|填的?是|改成|改为|换成|变更为|:|：)|"
    r"(?:改成|改为|换成|变更为|写的?是|登记的?是|署名|落款|抬头(?:是|写)?)(?:我)?(?:的)?(?:名字)?)\s*[\"“'「]?"
)
_NAMED_ROLE = re.compile(
    rf"(?:投保人|被保险人|被保人|受益人|领取人|申请人|户主|车主|业务员|代理人|经办人|投诉人|反映人|举报人|咨询人|报案人|伤者|死者|患者|病人|要保人|监护人|法人|联系人|收件人|持卡人|经理|查勘员|客户|本人|我是|这里是|这边是|你好我|您好我|换我|{_PERSON}|(?:找|联系|转给?|问)(?:一下|下)?|(?:名字|姓名|大名)|(?:人事|财务|行政|医务|保卫|总务)[科处部室]?(?:的)?|自述[:：]?|是(?:他|她|我)(?:女儿|儿子|爸|妈|老公|老婆|爱人)|工号\d+|财务|会计|支书|坐席|客服)\s*(?:是|叫|为|:|：)?\s*"
)
_AFTER_NAME = r"(?=$|[^\u4e00-\u9fff]|名下|先生|女士|小姐|老师|医生|经理|电话|手机|身份证|证件|证号|出生|生日|性别|年龄|联系|号码|的(?!士)|他|她|我|您|你|这|那|在|是|说|吧|啊|呀|吗|呢|哈|嘛|哦|和|跟|与|及|同|要|想|办|来|去|不是|就|也|有|对接|负责|今年|刚|年|已|被|把|给|已经|投保|买|卡|账|户|本人|两个字|三个字|四个字|经办|签|收|女儿|儿子|不|没|打|帮|住|今天|昨天|单子|保单|名|改|换|一|两|几|可以|能|会|都|还|怎|什|请)"
# Characters that hardly ever stand inside a given name.
_NOT_GIVEN = set(
    "的了是在他她我你您这那不没也都就吗呢吧啊呀哈嘛哦和跟与及要想来去说有对把被给到过还又再很太更最个些位次回年月日号时点分钟岁元块钱万千百十亿两零"
    "么什怎谁哪几多少吃喝打买卖退保险单费款额交缴领取付赔理案件证卡账户银行电话手机信息网址页系统客服务员公司部门办事手续材料病院住疼痛药刀车房"
    "你您她它们咱俺啥嗯呃请问谢错误知道看见听讲做用拿放走跑坐站起开关上下左右前后里外内其此每各某该本另别让使叫喊因但而或且若虽然则即能可会该应须需得着"
)
# Characters of given names that speech is full of: names only where one is expected.
_PLAIN_GIVEN = frozenset("大小生长有天山东西南北根水土火石头牛马羊狗喜来")
# Pieces of names of other nations in Chinese letters; a word made of them is a name.
_FOREIGN_PIECE = (
    "阿不都|阿布都|阿卜杜|阿不力|阿依|买买提|买合木提|艾合买提|艾尼|吐尔逊|吐尔洪|古丽|热合曼|热依木|热西提|克里木|卡德尔|玉素甫|依明|"
    "木沙|帕提|夏提|米娜|娜孜|努尔|别克|叶尔|巴合提|哈丽|扎西|卓玛|次仁|次旦|旺堆|旺姆|平措|达瓦|尼玛|拉姆|央金|格桑|多吉|顿珠|白玛|"
    "巴特尔|巴雅尔|其其格|斯琴|乌兰|格日勒|苏日娜|萨仁|高娃|朝鲁|呼和|那仁|哈斯|敖登|图雅"
)
# Characters that no name has, of whatever language: a chunk with one of them is speech.
_FUNCTION = set(
    "的了是我你您他她们这那什么怎谁哪不没也都就吗呢啊呀嘛哦和跟要想来去说有把被给过还又很太个些请问钱号停做办"
)
_TITLE = re.compile("|".join(sorted(_LONG_TITLES, key=len, reverse=True)))
_SHORT_TITLE = re.compile("|".join(_SHORT_TITLES))
_FOREIGN = re.compile(rf"(?<!{_H}){_H}{{1,6}}(?:[·•・]{_H}{{1,8}})+|{_H}{{2,5}}(?:[·•・]{_H}{{2,8}})+")
_FOREIGN_PIECES = re.compile(rf"(?:{_FOREIGN_PIECE}){{2,4}}|(?<=我叫)(?:{_FOREIGN_PIECE})(?!{_H})")
_VERB_SURNAMES = "祝查康安平方成常计包支管解仰过容任谈"
_STREETS = "路街道巷村镇乡弄"
_LATIN_NAME = re.compile(
    r"(?:我叫|叫|姓名|名字|拼音|英文名|户名|联系人|投保人|被保险人|受益人|客户|我是|找)(?:是|为|写的是|:|：|\s)*([A-Z][a-z'\-]+(?:\s+[A-Z][A-Za-z'\-]+){0,3}|[A-Z]{2,}(?:\s+[A-Z]{2,}){1,3})"
)
_UNTITLED = "这那哪何时和全各每某本该其于关向对被把让给请叫问找跟与同或及但又再还也就都不没很好大小老男女贵您你我他她它们位有是在到从为"


@dataclass(frozen=True, slots=True)
class Surnames:
    """Single-character surnames, compound ones, words that are no names, and characters of given names."""

    single: frozenset[str]
    compound: frozenset[str]
    never: frozenset[str]
    given: frozenset[str]
    pattern: re.Pattern[str]


@cache
def surnames() -> Surnames:
    """The lexicon of names."""
    single, compound = _lines("pii_surnames.txt")
    given = frozenset("".join(_lines("pii_given.txt")))
    doubles = frozenset(compound.split())
    pattern = re.compile("|".join([*sorted(doubles), f"[{single}]"]))
    never = frozenset(" ".join(_lines("pii_not_names.txt")).split())
    return Surnames(frozenset(single), doubles, never, given, pattern)


def _lines(name: str) -> list[str]:
    content = (_LEXICON / name).read_text(encoding="utf-8").splitlines()
    return [line for line in content if line and not line.startswith("#")]


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
    yield from (match.span() for match in _FOREIGN_PIECES.finditer(text))
    for match in _LATIN_NAME.finditer(text):
        yield match.span(1)
    if "·" in text or "•" in text or "・" in text:
        for match in _FOREIGN.finditer(text):
            cue = re.match(r".*(?:叫|是|名字|姓名|客户|我)", match.group().split("·")[0])
            yield match.start() + (cue.end() if cue else 0), match.end()


def _after_strong_cue(text: str) -> Iterator[tuple[int, int]]:
    for cue in _STRONG.finditer(text):
        begin = cue.end()
        if length := _name_length(text, begin, strict=False):
            yield begin, begin + length
        elif re.search("(?:叫做?|名字?(?:就?是|[:：])|姓名[是为叫:：\\s]*)[\"“'「\\s]*$", cue.group()) and (
            match := re.compile(rf"{_H}{{2,5}}(?=$|[^\u4e00-\u9fff]|电话|手机|身份证|的|他|她|这|，)").match(
                text, begin
            )
        ):
            name = match.group()
            pairs = [name[i : i + 2] for i in range(len(name) - 1)]
            if not _FUNCTION & set(name) and not any(map(_word, [name, *pairs])):
                yield match.span()


def _after_role(text: str) -> Iterator[tuple[int, int]]:
    for cue in _NAMED_ROLE.finditer(text):
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
                if given <= (surnames().given | _PLAIN_GIVEN) - _NOT_GIVEN and not _word(
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
        if set(characters) & _NOT_GIVEN and not (not strict and set(characters) <= lexicon.given):
            continue
        if not re.compile(_AFTER_NAME).match(text, end) and not (
            given == 2 and set(characters) <= lexicon.given
        ):
            continue
        if _ordinary(candidate, strict=strict):
            continue
        if strict and not set(characters) <= lexicon.given | _PLAIN_GIVEN:
            continue
        return end - begin
    return 0


def _ordinary(candidate: str, *, strict: bool) -> bool:
    """Whether a candidate is, or begins with, an ordinary word."""
    # 叫白天明: where a name is announced, a whole one is not judged by its beginning.
    whole = not strict and len(candidate) == 3 and set(candidate[1:]) <= surnames().given | _PLAIN_GIVEN
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
        and (len(candidate) == 2 or _common(beginning) or candidate[-1] in _NOT_GIVEN)
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
    for match in _TITLE.finditer(text):
        if begin := _before_title(text, match.start()):
            yield begin - 1, match.end()
    for match in _SHORT_TITLE.finditer(text):
        at = match.start()
        if at == 0 or _NO_SHORT_TITLE.match(text, at):
            continue
        surname = text[at - 1]
        if surname not in lexicon.single or surname in _UNTITLED or _straddled(text, at - 1):
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
        if after in dictionary() and after not in _LONG_TITLES and match.group() not in "总姐哥叔":
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
        if len(given) > 2 or (given and not set(given) <= lexicon.given - _NOT_GIVEN):
            continue
        if (
            not given
            and len(surname.group()) == 1
            and surname.group() in _UNTITLED
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


# Surnames that make ordinary words behind 老 or 小, and those of them that are names all the same if nothing follows.
_NO_NICKNAME = "时孩区家师是年公婆板人车米麦康常于花古石平万和安成全利金向毛牛雪能麻应强步单方包连满阳边党路水商冷高白黄关"
_PLAIN_NICKNAME = "王李张刘陈赵周吴徐孙胡朱郭罗梁宋郑谢韩唐冯董萧程曹袁邓傅沈曾彭吕蒋蔡魏"
_ENDING_NICKNAME = "金毛牛石方安康成万高白黄关雪包路"


def _nicknames(text: str) -> Iterator[tuple[int, int]]:
    """老钱, 小陈, 阿芳: not 老家, 小时, 小毛病."""
    lexicon, words = surnames(), dictionary()
    for match in re.finditer(rf"(?<!{_H})阿({_H})(?=你|您|[，,、。！!]|说|姐|哥|$)", text):
        kin = match.group(1) in "妹姨哥姐婆公爷叔弟嫂爸妈爹婶伯仔女"
        if match.group(1) in lexicon.given and not kin and not _word(match.group()):
            yield match.span()
    for match in re.finditer(rf"[老小阿大]({_H})", text):
        prefix, surname = text[match.start()], match.group(1)
        if surname not in lexicon.single or surname in _NO_NICKNAME:
            follows = surname in _ENDING_NICKNAME and _nickname_end(text, match.end())
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
            and not _TITLE.match(text, match.end())
        ):
            continue
        known = match.group() in words and not words[match.group()].startswith("nr")
        if known and not (prefix in "老小" and surname in _PLAIN_NICKNAME):
            continue
        yield match.span()


def _nickname_end(text: str, end: int) -> bool:
    return bool(re.match(r"$|[^\u4e00-\u9fff]|[，。说就是给让帮他她的在]", text[end:]))


def _standing_alone(text: str) -> Iterator[tuple[int, int]]:
    """A name between two marks of punctuation, as in a list of particulars."""
    lexicon = surnames()
    for match in re.finditer(rf"(?:(?<=[，,、:：;；（(\s])|^)({_H}{{2,4}})(?=[，,、;；）)。\s\d]|$)", text):
        name = match.group(1)
        surname = lexicon.pattern.match(name)
        if not surname or not 1 <= len(name) - surname.end() <= 2:
            continue
        given = name[surname.end() :]
        if (
            not set(given) <= lexicon.given - _NOT_GIVEN
            # What stands alone is one word or none: 梁国栋 is no 梁国.
            or given[-1] in _STREETS
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
        if len(given) < 2 or not set(given) <= lexicon.given - _NOT_GIVEN:
            continue
        if match.group() in _UNTITLED or _straddled(text, match.start()):
            continue
        candidate = text[match.start() : end]
        if given[-1] in _STREETS or text[end : end + 1] in tuple(_STREETS):
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
                    or match.group() in _VERB_SURNAMES
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
