"""Words around and inside names: titles, cues, surnames, characters of given names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LEXICON = Path(__file__).resolve().parents[2] / "data" / "lexicon"
H = r"[\u4e00-\u9fff]"

LONG_TITLES = [
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
SHORT_TITLES = [
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
NO_SHORT_TITLE = re.compile(
    r"总(?:是|共|额|算|之|有|会|不|能|要|结|体|公司|部|行|数|价|金额|保费|觉得|说)|工(?:作|资|伤|号|商|行|本|程|人|厂|龄)|公(?:司|里|积|告|众|交|共|证|式|布)|"
    r"处(?:理|罚|方|境|长|于)|科(?:室|技|学|长)|局(?:限|部|长)|队(?:长)|妈的|医(?:院|生|保|疗|药|学)|律师|老(?:是|师|人|家|板)|弟(?:子|弟|兄)|"
    r"姐(?:妹|夫)|哥(?:俩|哥)|叔叔|姑(?:娘|且)|爷爷|婆婆|董事|妹(?:子|妹)|律(?:所|的)"
)

PERSON = (
    r"(?:我(?:的)?|他(?:的)?|她(?:的)?|俺(?:的)?|咱)?(?:姐夫|妹夫|嫂子|弟媳|女婿|儿媳妇?|老公|老婆|爱人|丈夫|妻子|先生|太太|媳妇儿?|儿子|女儿|闺女|姑娘|孩子|小孩|宝宝|娃儿?|孙子|孙女|外孙女?|爸爸?|妈妈?|"
    r"父亲|母亲|爷爷|奶奶|姥姥|姥爷|外婆|外公|公公|婆婆|岳父|岳母|丈母娘|老丈人|哥哥?|姐姐?|弟弟?|妹妹?|姐夫|妹夫|嫂子|弟媳|女婿|儿媳妇?|侄子|侄女|外甥女?|舅舅?|姑姑?|姨妈?|姑父|姑妈|姨父|婶婶?|舅妈|老伴儿?|亲家|叔叔?|伯伯?|堂\S|表\S|同事|朋友|客户|老乡)"
)
# After these a name follows almost surely; it may even be an ordinary word (杨柳) or have no known surname.
STRONG = re.compile(
    rf"(?:我(?:就)?叫|(?:他|她|俺|人家?|名字|全名|大名|本名|真名|名)(?:就|是|也)?叫做?|名字(?:是|就是|写的?是|:|：)|(?:{PERSON})(?:名字)?(?:叫|的名字是)|"
    r"姓名(?:是|为|叫|写的?是|:|：|，|,|\s)*|户名(?:是|为|叫|写的?是|:|：|\s)*|户主(?:是|叫|:|：)?|(?:号|机|车|房|卡)主(?:是|叫|:|：)|开户人(?:是|叫|:|：)?|持卡人(?:是|叫|:|：)?|"
    r"联系人(?:是|叫|:|：)|收件人(?:是|叫|:|：)?|(?:投保人|被保险人|被保人|受益人|领取人|申请人|报案人|车主|业务员|代理人|经办人|客户|客户经理|服务人员|签字人|继承人)\s*(?:姓名|名字)?\s*(?:是|为|叫|写的?是|填的?是|改成|改为|换成|变更为|:|：)|"
    r"(?:改成|改为|换成|变更为|写的?是|登记的?是|署名|落款|抬头(?:是|写)?)(?:我)?(?:的)?(?:名字)?)\s*[\"“'「]?"
)
NAMED_ROLE = re.compile(
    rf"(?:投保人|被保险人|被保人|受益人|领取人|申请人|户主|车主|业务员|代理人|经办人|投诉人|反映人|举报人|咨询人|报案人|伤者|死者|患者|病人|要保人|监护人|法人|联系人|收件人|持卡人|经理|查勘员|客户|本人|我是|这里是|这边是|你好我|您好我|换我|{PERSON}|(?:找|联系|转给?|问)(?:一下|下)?|(?:名字|姓名|大名)|(?:人事|财务|行政|医务|保卫|总务)[科处部室]?(?:的)?|自述[:：]?|是(?:他|她|我)(?:女儿|儿子|爸|妈|老公|老婆|爱人)|工号\d+|财务|会计|支书|坐席|客服)\s*(?:是|叫|为|:|：)?\s*"
)
AFTER_NAME = r"(?=$|[^\u4e00-\u9fff]|名下|先生|女士|小姐|老师|医生|经理|电话|手机|身份证|证件|证号|出生|生日|性别|年龄|联系|号码|的(?!士)|他|她|我|您|你|这|那|在|是|说|吧|啊|呀|吗|呢|哈|嘛|哦|和|跟|与|及|同|要|想|办|来|去|不是|就|也|有|对接|负责|今年|刚|年|已|被|把|给|已经|投保|买|卡|账|户|本人|两个字|三个字|四个字|经办|签|收|女儿|儿子|不|没|打|帮|住|今天|昨天|单子|保单|名|改|换|一|两|几|可以|能|会|都|还|怎|什|请)"
# Characters that hardly ever stand inside a given name.
NOT_GIVEN = set(
    "的了是在他她我你您这那不没也都就吗呢吧啊呀哈嘛哦和跟与及要想来去说有对把被给到过还又再很太更最个些位次回年月日号时点分钟岁元块钱万千百十亿两零"
    "么什怎谁哪几多少吃喝打买卖退保险单费款额交缴领取付赔理案件证卡账户银行电话手机信息网址页系统客服务员公司部门办事手续材料病院住疼痛药刀车房"
    "你您她它们咱俺啥嗯呃请问谢错误知道看见听讲做用拿放走跑坐站起开关上下左右前后里外内其此每各某该本另别让使叫喊因但而或且若虽然则即能可会该应须需得着"
)
# Characters of given names that speech is full of: names only where one is expected.
PLAIN_GIVEN = frozenset("大小生长有天山东西南北根水土火石头牛马羊狗喜来")
# Pieces of names of other nations in Chinese letters; a word made of them is a name.
FOREIGN_PIECE = (
    "阿不都|阿布都|阿卜杜|阿不力|阿依|买买提|买合木提|艾合买提|艾尼|吐尔逊|吐尔洪|古丽|热合曼|热依木|热西提|克里木|卡德尔|玉素甫|依明|"
    "木沙|帕提|夏提|米娜|娜孜|努尔|别克|叶尔|巴合提|哈丽|扎西|卓玛|次仁|次旦|旺堆|旺姆|平措|达瓦|尼玛|拉姆|央金|格桑|多吉|顿珠|白玛|"
    "巴特尔|巴雅尔|其其格|斯琴|乌兰|格日勒|苏日娜|萨仁|高娃|朝鲁|呼和|那仁|哈斯|敖登|图雅"
)
# Characters that no name has, of whatever language: a chunk with one of them is speech.
FUNCTION = set(
    "的了是我你您他她们这那什么怎谁哪不没也都就吗呢啊呀嘛哦和跟要想来去说有把被给过还又很太个些请问钱号停做办"
)
TITLE = re.compile("|".join(sorted(LONG_TITLES, key=len, reverse=True)))
SHORT_TITLE = re.compile("|".join(SHORT_TITLES))
FOREIGN = re.compile(rf"(?<!{H}){H}{{1,6}}(?:[·•・]{H}{{1,8}})+|{H}{{2,5}}(?:[·•・]{H}{{2,8}})+")
FOREIGN_PIECES = re.compile(rf"(?:{FOREIGN_PIECE}){{2,4}}|(?<=我叫)(?:{FOREIGN_PIECE})(?!{H})")
VERB_SURNAMES = "祝查康安平方成常计包支管解仰过容任谈"
STREETS = "路街道巷村镇乡弄"
LATIN_NAME = re.compile(
    r"(?:我叫|叫|姓名|名字|拼音|英文名|户名|联系人|投保人|被保险人|受益人|客户|我是|找)(?:是|为|写的是|:|：|\s)*([A-Z][a-z'\-]+(?:\s+[A-Z][A-Za-z'\-]+){0,3}|[A-Z]{2,}(?:\s+[A-Z]{2,}){1,3})"
)
UNTITLED = "这那哪何时和全各每某本该其于关向对被把让给请叫问找跟与同或及但又再还也就都不没很好大小老男女贵您你我他她它们位有是在到从为"


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
    content = (LEXICON / name).read_text(encoding="utf-8").splitlines()
    return [line for line in content if line and not line.startswith("#")]


# Surnames that make ordinary words behind 老 or 小, and those of them that are names all the same if nothing follows.
NO_NICKNAME = "时孩区家师是年公婆板人车米麦康常于花古石平万和安成全利金向毛牛雪能麻应强步单方包连满阳边党路水商冷高白黄关"
PLAIN_NICKNAME = "王李张刘陈赵周吴徐孙胡朱郭罗梁宋郑谢韩唐冯董萧程曹袁邓傅沈曾彭吕蒋蔡魏"
ENDING_NICKNAME = "金毛牛石方安康成万高白黄关雪包路"
