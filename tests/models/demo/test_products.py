"""The demo model finds the product in the ways people really ask, or says "product"."""

import time

import pytest

from stretto.models.demo.reading.topics import find_topic
from tests.models.demo.asking import job

CHINESE = [
    ("介绍一下我们的随行杯", "随行杯"),
    ("帮我写个保温杯的文案", "保温杯"),
    ("帮我写个保温杯文案", "保温杯"),
    ("写一篇小红书种草笔记，产品是便携榨汁杯", "便携榨汁杯"),
    ("写一篇小红书种草笔记，产品：便携榨汁杯，要活泼一点", "便携榨汁杯"),
    ("给咱家的蓝牙耳机写一段朋友圈文案", "蓝牙耳机"),
    ("为一款新的环保水杯写产品描述", "环保水杯"),
    ("请为我们的智能手表撰写三条广告语", "智能手表"),
    ("请帮忙给我们店里的手工香皂写几句宣传语", "手工香皂"),
    ("给我写一段关于瑜伽垫的商品介绍", "瑜伽垫"),
    ("麻烦你写一份儿童书包的详情页文案", "儿童书包"),
    ("能不能帮我们推广一下新出的燕麦奶？", "燕麦奶"),
    ("我想给新疆大枣写个产品描述", "新疆大枣"),
    ("我们要上线一款筋膜枪，写几条推文", "筋膜枪"),
    ("我们公司刚推出了一款空气炸锅，请写一篇公众号推文", "空气炸锅"),
    ("写个抖音短视频脚本卖即食鸡胸肉", "即食鸡胸肉"),
    ("以“露营灯”为主题写一篇软文", "露营灯"),
    ("围绕咖啡豆写三个版本的广告文案", "咖啡豆"),
    ("描述这款降噪耳机", "降噪耳机"),
    ("推荐一下这个猫砂盆吧", "猫砂盆"),
    ("请你用活泼的语气介绍我们的冻干咖啡", "冻干咖啡"),
    ("用小红书的风格写一写我们家的香薰蜡烛", "香薰蜡烛"),
    ("针对大学生，为折叠台灯写一段营销文案", "折叠台灯"),
    ("来一段行李箱的卖点文案", "行李箱"),
    ("生成五条淘宝标题，商品是男士防晒衣", "男士防晒衣"),
    ("帮忙想几个无糖酸奶的宣传口号", "无糖酸奶"),
    ("把我们的扫地机器人介绍给年轻父母", "扫地机器人"),
    ("电动牙刷产品描述", "电动牙刷"),
    ("电动牙刷，写一段详情页", "电动牙刷"),
    ("产品名称：云朵枕。请写三个版本的文案", "云朵枕"),
    ("介绍一下随行杯，300字以内", "随行杯"),
    ("给老板写一份我们新品桂花乌龙茶的介绍", "桂花乌龙茶"),
    ("种草一波平价洗面奶", "平价洗面奶"),
    ("我们的随行杯需要一段文案", "随行杯"),
    ("帮我写文案", ""),
    ("写一篇小红书种草笔记", ""),
    ("请写一段吸引人的产品描述", ""),
    ("帮我想几句广告语，要有趣", ""),
    ("写一段介绍随行杯的文字", "随行杯"),
    ("随行杯的产品描述怎么写", "随行杯"),
    ("给通勤族写一段随行杯的文案", "随行杯"),
    ("帮我给新品随行杯取个广告语", "随行杯"),
    ("我需要一个随行杯的产品描述", "随行杯"),
    ("随行杯怎么卖得更好", "随行杯"),
    ("请为随行杯写一则不超过50字的广告语", "随行杯"),
    ("说说我们的随行杯好在哪里", "随行杯"),
    ("这是一款随行杯，请写广告", "随行杯"),
    ("小红书文案：随行杯", "随行杯"),
    ("推荐随行杯给大学生", "随行杯"),
    ("可以帮我描述一下这个随行杯吗", "随行杯"),
    ("介绍一下Aurora X2耳机", "Aurora X2耳机"),
    ("Describe 随行杯", "随行杯"),
    ("请根据以下信息写商品描述", ""),
    ("来个文案吧", ""),
    ("介绍一下", ""),
    ("写一段适合发朋友圈的随行杯文案", "随行杯"),
    ("帮我们的随行杯想一句广告语", "随行杯"),
    ("写一条卖随行杯的朋友圈", "随行杯"),
    ("帮我把随行杯的介绍写得更有吸引力", "随行杯"),
    ("对随行杯进行描述", "随行杯"),
    ("帮我润色一下随行杯的文案", "随行杯"),
    ("新品上市：随行杯，写个预告", "随行杯"),
    ("要卖货，写随行杯文案", "随行杯"),
    ("为“山野”随行杯写文案", "山野随行杯"),
    ("写一段有趣的猫粮广告", "猫粮"),
    ("介绍你们的产品", ""),
]

ENGLISH = [
    ("Describe our travel mug", "travel mug"),
    ("Write a product description for a new eco-friendly water bottle", "eco-friendly water bottle"),
    ("Can you help me come up with some copy for our new travel mug?", "travel mug"),
    ("Could you please write a short Instagram caption about our oat milk", "oat milk"),
    ("Hi! Please write three taglines for the Aurora X2 headphones.", "Aurora X2 headphones"),
    ("I'd like a product description of a folding desk lamp", "folding desk lamp"),
    ("I need copy for a yoga mat", "yoga mat"),
    ("We need a landing page for Ledgerly, invoicing software", "Ledgerly"),
    ("We're launching a cold brew kit. Write a launch email.", "cold brew kit"),
    ("We are selling handmade soap; write a post", "handmade soap"),
    ("Our travel mug needs a description", "travel mug"),
    ("Product: bamboo toothbrush. Write a shop text.", "bamboo toothbrush"),
    ("Write a TikTok script. The product is a massage gun.", "massage gun"),
    ("Write an ad. The product is called CloudRest, a pillow.", "CloudRest"),
    ("Tell people about our air fryer", "air fryer"),
    ("Tell me about this espresso machine in two sentences", "espresso machine"),
    ("Write something nice about the robot vacuum", "robot vacuum"),
    ("Write about our camping lantern", "camping lantern"),
    ("Introduce our smart watch to students", "smart watch"),
    ("Promote our freeze-dried coffee on Instagram", "freeze-dried coffee"),
    ("Make people want our linen shirt", "linen shirt"),
    ("Help us sell more scented candles", "scented candles"),
    ("Give me five slogans for a cat litter box", "cat litter box"),
    ("Write a travel mug description", "travel mug"),
    ("Write travel mug copy in under 50 words", "travel mug"),
    ("Travel mug product description", "Travel mug"),
    ("Travel mug: write a shop text", "Travel mug"),
    ("Copy for our sunscreen stick, please", "sunscreen stick"),
    ("Product copy for wireless earbuds that last 30 hours", "wireless earbuds"),
    ("In a playful tone, describe our rain jacket", "rain jacket"),
    ("Using simple words, write a description of our bike lock", "bike lock"),
    ("As a copywriter, write an advert for a kids' backpack", "kids' backpack"),
    ("Draft a blog post introducing our meal kit", "meal kit"),
    ("Pitch our standing desk to a busy manager", "standing desk"),
    ("Please rewrite the product text for our garden hose", "garden hose"),
    ("Come up with a name and a tagline for a dog leash", "dog leash"),
    ("Write a newsletter announcing the Parcely app", "Parcely app"),
    ("Describe the travel mug in a friendly voice for commuters", "travel mug"),
    ("Sell me this fountain pen", "fountain pen"),
    ("Write me a product description", ""),
    ("Please write some catchy copy", ""),
    ("Give me three taglines", ""),
    ("Write a short Instagram caption in a playful tone", ""),
    ("Write 3 variants of a description of our travel mug", "travel mug"),
    ("Product description: travel mug", "travel mug"),
    ("Describe this: travel mug", "travel mug"),
    ("Explain why our travel mug is great", "travel mug"),
    ("Why should people buy our travel mug?", "travel mug"),
    ("Give our travel mug a description", "travel mug"),
    ("Write a radio spot for our travel mug", "travel mug"),
    ("You are a copywriter. Describe our travel mug.", "travel mug"),
    ("Write a text for the shop about our travel mug", "travel mug"),
    ("Generate a catchy slogan for Travel Mug Pro 2", "Travel Mug Pro 2"),
    ("Write copy for 随行杯", "随行杯"),
    ("Describe it", ""),
    ("Create a description based on the following facts", ""),
    ("Turn these facts into a product text", ""),
    ("Write a product page for the travel mug we sell", "travel mug"),
    ("Draft an email that announces our travel mug", "travel mug"),
    ("Write up our travel mug", "travel mug"),
    ("We have a new travel mug, please write a post about it", "travel mug"),
    ("Write short copy - travel mug", "travel mug"),
    ("travel mug copy please", "travel mug"),
    ("Write Amazon bullet points for a travel mug", "travel mug"),
    ("Write a playful travel mug ad", "travel mug"),
]


@pytest.mark.parametrize(("task", "product"), CHINESE + ENGLISH)
def test_the_product_is_found_in_the_ways_people_ask(task: str, product: str):
    """The name comes without what belongs to the asking; a task that names no product gives none."""
    assert find_topic(task).name == product


@pytest.mark.anyio
@pytest.mark.parametrize(("task", "message"), [("介绍一下我们的随行杯", "这款随行杯"), ("帮我写文案", "这款产品")])
async def test_a_chinese_text_speaks_of_the_product_or_of_any(task: str, message: str):
    """No text has a piece of the asking in it; where no product is named, the wording fits them all."""
    texts = "\n".join((await job(task, {"受众": "通勤族", "特点": "不锈钢、防漏"}, subtasks=(6, 6)).texts()).values())
    assert message in texts
    for left in ("介绍一下", "下我们", "帮我", "一篇", "写文案"):
        assert left not in texts


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("task", "message"),
    [("Tell people about our air fryer", "this air fryer"), ("Please write some catchy copy", "this product")],
)
async def test_an_english_text_speaks_of_the_product_or_of_any(task: str, message: str):
    """The same in English."""
    texts = "\n".join((await job(task, {"features": ["steel", "leakproof"]}, subtasks=(6, 6)).texts()).values())
    assert message in texts.lower()
    for left in ("people about", "catchy copy", "please"):
        assert left not in texts.lower()


@pytest.mark.anyio
@pytest.mark.parametrize("task", ["Describe our product", "Write a product description for {name}", "Describe {name}"])
async def test_an_english_task_over_a_chinese_row_is_answered_in_chinese(task: str):
    """The row's language is taken for plan and texts, and nothing of it is flagged."""
    row = {"名称": "随行杯", "特点": "不锈钢、防漏", "受众": "通勤族"}
    texts = (await job(task.replace("{name}", "随行杯"), row, subtasks=(3, 3)).texts()).values()
    for text in texts:
        assert "随行杯" in text
        assert "不锈钢" in text
        assert sum("a" <= letter.lower() <= "z" for letter in text) == 0


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("row", "language"),
    [
        ({"name": "Reisebecher", "features": "Edelstahl, auslaufsicher", "audience": "Pendler"}, "German"),
        ({"name": "Tasse de voyage", "features": "acier, sans BPA", "audience": "pour les cyclistes"}, "French"),
        ({"name": "トラベルマグ", "features": "ステンレス"}, "Japanese"),
    ],
)
async def test_a_row_that_cannot_be_answered_in_its_language_says_so(row: dict[str, str], language: str):
    """Of a language that the demo model does not write it says, in plan and text, which one it took."""
    work = job("Describe our product", row)
    message = f"(The brief seems to be in {language}, which the demo model cannot write: this is its English.)"
    assert message in (await work.plan()).analysis
    for text in (await work.texts()).values():
        assert message in text


@pytest.mark.anyio
async def test_an_english_brief_says_nothing_of_languages():
    """Neither does a Chinese one."""
    for task, context in (
        ("Describe our crème brûlée", {"features": "vanilla"}),
        ("介绍一下我们的随行杯", {"特点": "防漏"}),
    ):
        assert "demo model" not in "".join((await job(task, context).texts()).values())


PIECES = (
    "x" * 50 + ":",
    "a ",
    "copy for ",
    "describe ",
    "in a,",
    "写",
    "介绍",
    "产品",
    "的",
    "为",
    "需要一段",
    "文案",
    "新",
    "- ",
)


@pytest.mark.parametrize("piece", PIECES)
def test_a_long_task_takes_no_time(piece: str):
    """Whatever is repeated, finding the product takes a fraction of a second, where quadratic time is minutes."""
    began = time.process_time()
    find_topic(piece * 20_000)
    assert time.process_time() - began < 2
