"""Units that make a number a claim, and their spellings. Data only."""

_SPELLINGS = {
    "%": "% percent 'per cent' pct",
    "°": "° °c °f ℃ degrees degree 度 摄氏度",
    "h": "h hr hrs hour hours 小时 个小时 钟头",
    "min": "min mins minute minutes 分钟",
    "s": "s sec secs second seconds 秒 秒钟",
    "day": "day days 天 日",
    "week": "week weeks 周 星期",
    "month": "month months 个月 月",
    "year": "year years yr yrs 年",
    "ml": "ml millilitres milliliters 毫升",
    "l": "l litre litres liter liters 升",
    "oz": "oz ounce ounces 盎司",
    "g": "g gram grams 克",
    "kg": "kg kilo kilos kilogram kilograms 公斤 千克",
    "lb": "lb lbs pound pounds 磅",
    "mm": "mm millimetre millimetres millimeter millimeters 毫米",
    "cm": "cm centimetre centimetres centimeter centimeters 厘米",
    "m": "m metre metres meter meters 米",
    "km": "km kilometre kilometres kilometer kilometers 公里 千米",
    "in": "inch inches 英寸",
    "ft": "ft foot feet 英尺",
    "mile": "mile miles 英里",
    "x": "x × times fold 倍",
    "w": "w kw watt watts 瓦",
    "v": "v volt volts 伏",
    "mah": "mah 毫安 毫安时",
    "mb": "mb",
    "gb": "gb",
    "tb": "tb",
    "hz": "hz khz mhz ghz 赫兹",
    "money": "usd eur gbp cny rmb dollars euros 元 块钱 美元 欧元 人民币",
    "layer": "layer layers 层",
    "people": "people customers users reviews",
    "star": "star stars 星 星级",
    "item": "项 款 件 次 级 折 成",
}

UNIT_NAMES = {word.strip("'"): unit for unit, words in _SPELLINGS.items() for word in words.split()}
"""The normal form of each spelling."""

# Longest first: "mins" must not be read as "m".
_BY_LENGTH = sorted(UNIT_NAMES, key=len, reverse=True)
LATIN_UNITS = "|".join(word for word in _BY_LENGTH if word.isascii() or word[0] in "°℃×")
"""Alternatives for a pattern: units that need a word boundary after them."""
CHINESE_UNITS = "|".join(word for word in _BY_LENGTH if "\u4e00" <= word[0] <= "\u9fff")
"""Alternatives for a pattern: units in Chinese characters."""
