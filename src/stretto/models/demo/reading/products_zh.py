"""Finds the product that a Chinese task is about, in the ways people really ask. No I/O."""

import re

_MOST = 24
# Patterns look at a text from each of its places: what they look at is short.
_LONGEST = 80
_MOST_CLAUSES = 20
_CLAUSE_END = re.compile(r"[，,。！!？?；;\n]+")
_NUMBER = r"(?:[一二两三四五六七八九十几\d]+)"
_MEASURE = rf"(?:{_NUMBER}?(?:段|篇|个|份|条|句|则|组|版|套|封|张|些|点|款|种|波)|{_NUMBER})"
_DELIVERABLE = (
    r"(?:文案|文字|文章|描述|介绍|简介|广告语|广告词|广告|宣传语|宣传词|宣传片|宣传|口号|标语|推文|软文|笔记|脚本|标题|"
    r"详情页|海报|短文|说明|帖子|测评|评测|故事|新闻稿|通稿|邮件|卖点|版本|内容|长图|种草文|推荐语|推荐|slogan)"
)
_AROUND = (
    r"(?:小红书|抖音|快手|淘宝|天猫|京东|拼多多|朋友圈|公众号|视频号|微博|微信|电商|商品|产品|详情页|详情|营销|广告|宣传|"
    r"推广|种草|卖点|短视频|直播|带货|销售|上新|开箱|品牌|介绍|推荐|图文|促销|活动|新品)"
)
_VERB = (
    r"(?:撰写|创作|设计|制作|生成|编写|准备|起草|策划|构思|润色|改写|优化|拟定?|写(?:一写|写|一下|下|出)?|"
    rf"(?:做|来|想|出|弄|整|编|取|起)(?:一下|下|出)?(?={_MEASURE}))(?:一下|下(?!午))?"
)
_PROMOTE = (
    r"(?:介绍|推广|推荐|宣传|描述|推销|安利|种草|夸一?夸|讲一?讲|说一?说|聊一?聊|谈一?谈|写一写|写写|售卖|销售|"
    r"卖(?![得不出到完点家场])|主打|展示)"
    r"(?:一下下?|一波|一番|下|给大家)?"
)
# After "for", these are whom the text is written for and not what it is about.
_SOMEBODY = re.compile(
    r"(?:我们?|咱们?|俺|你们?|大家|老板|领导|客户|顾客|同事|朋友|用户|粉丝|读者|"
    r".*(?:们|的人|人群|群体|族|党|妈妈|宝妈|爸爸|白领|学生|青年|年轻人|老人|男士|女士|家长|孩子|爱好者|玩家|新手))"
)

_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"(?:产品|商品|宝贝|单品)(?:名称|名字|名)?(?:是|为|叫做?|[：:=])\s*(.+)",
        r"(?:品名|名称|主推|主角|主题)(?:是|为|叫做?|[：:=])\s*(.+)",
        rf"{_DELIVERABLE}\s*[：:]\s*(.+)",
        r"把(.+?)(?:介绍|推荐|推销|安利|卖)给",
        rf"把(.+?)的(?:{_AROUND})*{_DELIVERABLE}",
        r"对(.+?)(?:进行|做|作)",
        r"以(.+?)为(?:主题|题|主角|对象|卖点)",
        rf"(?:关于|围绕|有关)(.+?)(?:的?(?:{_AROUND})*{_DELIVERABLE}|来?{_VERB}|$)",
        rf"(?:为|给|替)(.+?)(?:来|再)?{_VERB}",
        rf"帮(?!忙)(.+?)(?:来|再)?{_VERB}",
        rf"(?<!的)(?<!产品)(?<!商品){_PROMOTE}(?!{_AROUND}*{_DELIVERABLE}|语|词|稿|页|点|文|者|员|商)(.+)",
        rf"(?:上线|推出|发布|上市|上新|开卖|新出|主营|在卖|研发)(?:了|过)?{_MEASURE}?(.+)",
        rf"{_VERB}{_MEASURE}?(.*?)的?(?:{_AROUND})*{_DELIVERABLE}",
        r"(?:这是|它是|我有|我们有|卖的是)(?:一?款|一个|一种)(.+)",
        rf"(?:需要|想要|要|求){_MEASURE}(.*?)的?(?:{_AROUND})*{_DELIVERABLE}",
        r"^(.+?)(?:怎么|如何|怎样)(?:卖|写|推广|介绍|宣传)",
        rf"^(.+?)(?:还)?(?:需要|缺|想要)(?:{_MEASURE}).*{_DELIVERABLE}",
        rf"^(.+?)的?(?:{_AROUND})*{_DELIVERABLE}(?:(?:怎么|如何)写)?$",
        r"(?:针对|对于)(.+)",
    )
)
_QUOTES = re.compile(r"[“”‘’「」『』《》【】\"']")
_EDGES = " 　的：:"
_LEAD = re.compile(
    r"(?:(?:我们|咱们|咱|我|你们|本店|本公司|我司|公司|店里|店铺|自家)(?:家店里|店里|店铺|家|店|公司|品牌)?的?|"
    rf"(?:这|那|该|某|每|{_NUMBER})(?:款|个|种|台|件|只|支|瓶|条|把|双|套|副|盒|部|辆|张|本|份|波|点|些)|"
    r"(?:全新|最新|新款|新品|新出|新推出|新上市|新上线|刚出|刚上市|刚推出|即将上市|即将推出|最近推出|自研|自产)的?|"
    r"(?:适合|适用于|用于|发在|能)[^的]{1,10}的|"
    r"(?:吸引人|简短|有趣|活泼|好玩|专业|高级|走心|温暖|幽默|精彩|不同风格)的|"
    r"双十[一二]|双1[12]|618|"
    # Names begin with the character for "new", too.
    r"新的|新(?!疆|西兰|加坡|鲜|娘|生|能源|华|中式|年|手|会|东方))"
)
_TAIL = re.compile(
    rf"(?:的(?:{_AROUND}|{_DELIVERABLE})+$|好在哪.*|怎么样.*|有什么.*|的(?:优势|优点|特点|好处|亮点).*|吗$|带有|具有|具备|采用|特点|卖点|吧$|呢$|啊$|呀$|哦$|一下$|给.+$|[（(].*$)"
)
_GENERIC = re.compile(
    r"(?:吸引人|简短|有趣|活泼|好玩|专业|高级|走心|温暖|幽默|优秀|详细|完整|爆款|高转化|朗朗上口|好看|精彩|短|长|新|好|货品?|好物|"
    r"不同|产品|商品|东西|宝贝|它|他|她|这个|那个)+的?"
)
# What is left of the asking, where a pattern took too much.
_LEFT = re.compile(
    rf"一下|帮我|帮忙|麻烦|请|写(?!字|真|作|意)|文案|笔记|小红书|朋友圈|公众号|我们|咱|你|能不能|可以|{_NUMBER}(?:篇|段|条|句)|"
    r"语气|风格|字以内|\d字|不超过|需要|要求|有.+感"
)
_NO_NAME = re.compile(rf"{_VERB}|{_PROMOTE}|{_DELIVERABLE}|[吗呢吧了是不要]")


def find_product(text: str) -> str:
    """Return the product's name without what belongs to the asking; empty when no product is named."""
    parts = _CLAUSE_END.split(text, maxsplit=_MOST_CLAUSES)[:_MOST_CLAUSES]
    clauses = [clause[:_LONGEST] for part in parts if (clause := part.strip())]
    for pattern in _PATTERNS:
        for clause in clauses:
            for found in pattern.finditer(clause):
                if name := _name(found[1]):
                    return name
    first = clauses[0] if len(clauses) > 1 else ""
    return "" if _NO_NAME.search(first) else _name(first)


def _name(phrase: str) -> str:
    name = _QUOTES.sub("", phrase).strip(_EDGES)
    tail = _TAIL.search(name)
    name = name[: tail.start()] if tail else name
    while lead := _LEAD.match(name):
        name = name[lead.end() :].strip(_EDGES)
    name = name.strip(_EDGES).rstrip("0123456789")
    if not name or len(name) > _MOST or _SOMEBODY.fullmatch(name) or _GENERIC.fullmatch(name) or _LEFT.search(name):
        return ""
    return name
