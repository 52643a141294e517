"""Finds the product that an English task is about, in the ways people really ask. No I/O."""

import re

_LONGEST_WORDS = 14
# Patterns look at a text from each of its places: what they look at is short.
_LONGEST = 200
_MOST_SENTENCES = 12
_KIND = r"(?:product |shop |store |sales |marketing )*"
_SENTENCE_END = re.compile(r"[.!?;](?=\s|$)|\n")
_DELIVERABLE = (
    r"(?:cop(?:y|ies)|descriptions?|texts?|posts?|pages?|ads?|adverts?|advertisements?|e-?mails?|newsletters?|articles?|"
    r"blurbs?|slogans?|taglines?|headlines?|captions?|scripts?|listings?|stories|story|announcements?|press releases?|"
    r"campaigns?|content|teasers?|variants?|versions?|reviews?|pitch(?:es)?|hooks?|bios?|titles?|names?|brochures?|"
    r"flyers?|leaflets?|tweets?|reels?|threads?|paragraphs?|sentences?|lines?|words?|something|anything|guides?|spots?|write-?ups?|jingles?|"
    r"letters?|points?|bullets?|entry|entries|banners?|billboards?|labels?)"
)
_ABOUT = (
    r"(?:for|about|of|on|describing|introducing|announcing|promoting|selling|advertising|featuring|presenting|"
    r"to (?:promote|sell|launch|advertise|introduce|describe|announce|present)|"
    r"(?:that|which) (?:announc|describ|introduc|promot|sell|advertis|present)e?s)"
)
_AUDIENCE = r"(?:me|us|people|customers|everyone|everybody|shoppers|readers|the world|them)"
_FRONT = re.compile(
    r"^(?:(?:hi|hello|hey|ok|okay|so|now|dear \w+)\b[ ,!.:-]*|(?:in|using|with|as|for|on) [^,]{1,60},\s*)+",
    re.IGNORECASE,
)
_PATTERNS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\b(?:product|item)(?: name)?\s*[:=]\s*(.+)",
        r"\b(?:product|item)(?: in question)? is (?:called |named )?(.+)",
        rf"^(?:[\w-]+ )*{_DELIVERABLE}(?:\s*:|\s[-–—])\s+(.+)",
        r"\b(?:why|how|what makes) (?:our|my|the|this|an?) ((?:[\w'’-]+ ){1,4}?)"
        r"(?:is|are|has|have|makes?|saves?|helps?|works?|can|will|does|deserves?|so)\b",
        r"\b(?:should|would|to|people|customers) buy (.+)",
        rf"\bgive (?:our|my|the|this) (.+?) (?:an?|some|\d+|two|three) .*{_DELIVERABLE}",
        rf"\b{_DELIVERABLE}(?: \w+){{0,2}}? {_ABOUT} (?!{_AUDIENCE}\b|(?:instagram|tiktok|facebook|linkedin)\b)(.+)",
        r"\bwrite (?:to .+? about|up) (.+)",
        rf"\b(?:tell|show|remind|inform)(?: {_AUDIENCE})? about (.+)",
        r"\b(?:write|say|talk|speak|post|blog)(?: something| anything)?(?: [\w-]+)? about (.+)",
        rf"\b(?:make|get|have) {_AUDIENCE} (?:to )?(?:want|love|buy|try|crave|notice) (.+)",
        rf"^(?:\w+\W+){{0,9}}?(?:describe|introduce|promote|advertise|market|pitch|present|announce|launch|showcase|"
        rf"highlight|recommend|sell|review)(?: to)?(?: {_AUDIENCE})?(?: more)? (.+)",
        r"\b(?:we|i)(?:'re|’re|'m|’m| are| am)?(?: \w+){0,2}? (?:launch(?:ing|ed)?|sell(?:ing)?|releas(?:e|ing|ed)|"
        r"introduc(?:e|ing)|make|making|offer(?:ing)?|built|created|have(?! to\b)) (.+)",
        rf"^(?:our|my|the|this) (.+?) (?:needs?|deserves?|wants?|could use|requires?)\b.*\b{_DELIVERABLE}\b",
        rf"^([^:]+?)\s*[:–—]\s*(?:please )?(?:write|draft|create|make|give|(?:[\w-]+ )*{_DELIVERABLE})\b",
        rf"\b(?:write|draft|create|make|produce|generate|compose|prepare|develop|design|do|rewrite|improve|need|"
        rf"want|like|give|get|provide|with)(?: me| us)? ((?:[\w'’-]+ )+?){_KIND}{_DELIVERABLE}\b",
        r"\b(?:write|draft|create|compose|make|prepare|produce) (?:me |us )?(?:an?|some|\d+|two|three|four|five|the) "
        r"(?:[\w-]+ ){1,4}?(?:for|about|on) (?:our|my|the|this|an?) (.+)",
        rf"^((?:[\w'’-]+ )+?){_KIND}{_DELIVERABLE}(?:,? please)?\W*$",
        rf"^(?:please )?(?:write|draft|create|make) (?:an? )?{_KIND}{_DELIVERABLE} (.+)",
    )
)
_TAIL = re.compile(
    r"(?:,[ \t]*|[ \t]+)(?:with|featuring|that|which|who|whose|made|used|including|priced|costing|aimed|"
    r"targeting|for|based|from|please|today|now|using|because|so that|as an?|while|where|when|is|are|was|we|i|you|"
    r"without|within|under|aiming|sound|look|feel)\b|"
    r"[ \t]+in (?:an?|the style|the voice|the tone|\d+|one|two|three|four|five|ten|under|at most|no more|less|"
    r"fewer|about|around|max|simple|plain|short|clear|(?:simplified |traditional )?"
    r"(?:english|chinese|german|french|spanish))\b|"
    r"[ \t]+(?:on|via) (?:instagram|tiktok|facebook|linkedin|twitter|x|amazon|etsy|ebay|social|youtube|pinterest|"
    r"the web)\b|"
    r"[ \t]+to (?:an?|the|our|my|your|busy|young|new|first|people|[a-z]+s)\b|"
    r",[ \t]*(?:and|but|keep|make|use|write|it|its|we|so|then|no|max|about|short|in|on)\b|"
    r"[ \t]+[-–—][ \t]+|:[ \t]|[;(]",
    re.IGNORECASE,
)
_NESTED = re.compile(rf"(?:[\w'’-]+ ){{0,4}}?(?:{_DELIVERABLE} {_ABOUT}|about(?= (?:our|my|this)\b)) ", re.IGNORECASE)
_LEAD = re.compile(
    r"(?:(?:this|the following|it)?[ \t]*:[ \t]*)?(?:(?:the|our|this) product (?:called |named )?|"
    r"(?:an?|the|our|my|your|this|that|these|those|its|their|some|more|new|brand[- ]new|upcoming|latest|called|"
    r"named|short|quick|catchy|"
    r"compelling|engaging|punchy|playful|witty|persuasive|creative)"
    r"[ \t]+)*",
    re.IGNORECASE,
)
# Words that say something of the text, or of any product; alone they name none.
_GENERIC = re.compile(
    r"(?:a|above|ad|an|anything|below|best|better|blog|brief|catchy|clear|clever|compelling|context|creative|"
    r"data|detail|details|different|eight|engaging|facebook|fact|facts|feature|features|few|five|"
    r"following|four|fresh|friendly|fun|funny|good|great|info|information|instagram|it|item|killer|"
    r"landing|launch|linkedin|long|love|marketing|me|media|more|my|new|nice|nine|notes|one|our|persuasive|"
    r"please|point|points|press|product|products|professional|punchy|quick|really|sales|seven|several|"
    r"shop|short|simple|six|social|some|something|store|strong|ten|that|the|them|these|thing|things|this|"
    r"three|tiktok|twitter|two|us|very|web|website|witty|you|your)"
)
_LEFT = re.compile(
    r"^(?:me|us|i|we|you|people|something|about|hi|hello|hey|please|write|make|tell|give|help|need|want|can|could|to|of|and|why|how|"
    r"what|turn|explain|based)"
    rf"\b|\b(?:write|please|needs?)\b|^{_DELIVERABLE}$",
    re.IGNORECASE,
)
_QUOTES = re.compile(r"[\"“”]")
_EDGES = ' ,.:;!?"“”'


def find_product(text: str) -> str:
    """Return the product as the task names it, without what belongs to the asking; empty when none is named.

    What follows the name after a comma stays, as in "Ledgerly, invoicing software".
    """
    parts = _SENTENCE_END.split(text, maxsplit=_MOST_SENTENCES)[:_MOST_SENTENCES]
    sentences = [_FRONT.sub("", part.strip()[:_LONGEST]) for part in parts]
    for pattern in _PATTERNS:
        for sentence in sentences:
            if (found := pattern.search(sentence)) and (name := trim(found[1])):
                return name
    return ""


def trim(phrase: str) -> str:
    """Return the name in a phrase without what stands around it; empty when it is a part of the asking."""
    name = _QUOTES.sub("", phrase).strip()
    while nested := _NESTED.match(name):
        name = name[nested.end() :]
    name = _without_lead(name)
    tail = _TAIL.search(name)
    name = (name[: tail.start()] if tail else name).strip(_EDGES)
    name = " ".join(name.split()[:_LONGEST_WORDS]).strip(_EDGES)
    return "" if _is_asking(name) else name


def _without_lead(phrase: str) -> str:
    lead = _LEAD.match(phrase)
    return phrase[lead.end() :] if lead else phrase


def _is_asking(phrase: str) -> bool:
    words = re.findall(r"[\w'’-]+", phrase.lower())
    return bool(_LEFT.search(phrase)) or all(
        _GENERIC.fullmatch(word) or re.fullmatch(_DELIVERABLE, word) for word in words
    )
