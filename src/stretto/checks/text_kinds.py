"""Finds which kinds of text a brief speaks of: an Instagram caption, a meta description, a newsletter. No I/O."""

import re
from collections.abc import Set as AbstractSet
from functools import lru_cache

_PLATFORMS = (
    r"instagram|tiktok|facebook|linkedin|twitter|youtube|pinterest|threads|whatsapp|wechat|weibo|xiaohongshu|amazon|etsy|"
    r"ebay|shopify|google|sms"
)
_FORMS = (
    r"captions?|posts?|tweets?|stories|story|reels?|(?:e-?)?mails?|newsletters?|(?:ads?|adverts?|advertisements?)|banners?|"
    r"meta|descriptions?|blogs?|articles?|bios?|listings?|flyers?|leaflets?|scripts?|push|shop|web(?:site|page|shop)?|"
    r"homepage|landing|brochures?|catalog(?:ue)?s?|packaging|labels?|posters?|press|letters?|reviews?|faqs?|"
    r"beiträge?|beitrag|anzeigen?|[a-zäöü]*beschreibung(?:en)?|bildunterschrift(?:en)?|[a-zäöü]*texte?|"
    r"légendes?|publications?|annonces?|courriels?|infolettres?|fiches?|"
    r"publicaci(?:ón|ones)|anuncios?|correos?|bolet(?:ín|ines)|descripci(?:ón|ones)|leyendas?|"
    r"didascali[ae]|annunci[oi]?|descrizion[ei]|legendas?|publicaç(?:ão|ões)|anúncios?|descriç(?:ão|ões)"
)
_JOINT = r"(?:[\s_-]+(?:(?:for|on|auf|für|pour|sur|para|en|per|su|de|the|an?|our|product|page)[\s_-]+)*)"
_MENTION = re.compile(
    rf"\b(?:{_PLATFORMS}|{_FORMS})(?:{_JOINT}(?:{_PLATFORMS}|{_FORMS}))*\b"
    r"|(?:小红书|小紅書|抖音|快手|微博|微信|公众号|公眾號|朋友圈|知乎|淘宝|淘寶|天猫|京东|短信|邮件|郵件|广告|廣告|海报|海報|详情页|詳情頁|"
    r"(?:商品|产品|產品)?(?:描述|介绍|介紹|详情|詳情)|笔记|筆記|推文)+",
    re.IGNORECASE,
)
_NAME = re.compile(rf"(?:{_PLATFORMS}|{_FORMS})(?![^\W_])|[\u3400-\u9fff]+", re.IGNORECASE)
# "text" alone, in any language, is no kind of it.
_GENERIC = frozenset({"text", "texte", "kontext", "kontexte"})


@lru_cache(maxsize=256)
def names_in(clause: str) -> tuple[str, ...]:
    """Return the words that name a kind of text, in lower case and without the s of the plural."""
    found = (name for mention in _MENTION.finditer(clause) for name in _NAME.findall(mention[0]))
    return tuple(dict.fromkeys(_singular(name.lower()) for name in found if name.lower() not in _GENERIC))


@lru_cache(maxsize=256)
def kinds_of_text(brief: str) -> AbstractSet[frozenset[str]]:
    """Return the kinds of text that a brief names, each by its names; "the post" is the Instagram post named before."""
    kinds = {frozenset(names) for mention in _MENTION.finditer(brief) if (names := names_in(mention[0]))}
    return frozenset(kind for kind in kinds if not any(kind < other for other in kinds))


def _singular(name: str) -> str:
    return name[:-1] if len(name) > 3 and name.endswith("s") and not name.endswith(("ss", "sms")) else name
