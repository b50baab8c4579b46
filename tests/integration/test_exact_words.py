"""Full-text search cuts a question as the index cuts the stored text."""

import pytest

from app.domain.filters import KnowledgeFilter
from app.graph import search
from app.graph.database import Database
from tests.api import Memory, told

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("The login was repaired in v2.3.1 last week.", "v2.3.1"),
        ("The build server is 10.0.0.7 since March.", "10.0.0.7"),
        ("Ask Pat O'Brien about the keys.", "O'Brien"),
        ("Order AB-1234/77 is on its way.", "AB-1234/77"),
        ("어제 서울에서 민수를 만났어요.", "서울"),
        ("我昨天在里斯本买了一辆自行车。", "里斯本"),
        ("राम पिछले साल दिल्ली में रहता था।", "दिल्ली"),
        ("সুমন চট্টগ্রামে একটি বাড়ি কিনেছে।", "বাড়ি"),
        ("உமா சென்னையில் வேலை செய்கிறாள்.", "வேலை"),
        ("دیروز به کتاب‌خانه رفتم.", "کتاب‌خانه"),
        ("ฉันทำงานที่โรงพยาบาลในเชียงใหม่มาสิบปีแล้ว", "เชียงใหม่"),
        ("ຂ້ອຍອາໄສຢູ່ຫຼວງພະບາງກັບຄອບຄົວ", "ຫຼວງພະບາງ"),
        ("ကျွန်တော်မန္တလေးမြို့မှာနေပါတယ်။", "မန္တလေး"),
        ("ខ្ញុំរស់នៅក្នុងក្រុងសៀមរាបជាមួយគ្រួសារ។", "សៀមរាប"),
    ],
)
async def test_a_word_is_found_as_it_stands(memory: Memory, db: Database, text: str, asked: str):
    memory.extract(told(("Ana", text), ("Ben", "The weather is nice, and version 2 costs 10 euros.")))
    every = KnowledgeFilter()
    facts = await search.match_facts(db, memory.scope.memory_id, asked, knowledge_filter=every, limit=5, with_text=True)
    raw_data = await search.match_raw_data(
        db, memory.scope.memory_id, asked, knowledge_filter=every, limit=5, with_text=True
    )
    assert asked in (facts[0].text or "")
    assert asked in (raw_data[0].text or "")


@pytest.mark.parametrize(
    ("name", "other", "question"),
    [
        ("राम", "रोम", "राम कहाँ रहता है?"),
        ("มานี", "มานะ", "มานีทำงานที่ไหน"),
    ],
)
async def test_a_name_of_any_script_is_one_entity(memory: Memory, name: str, other: str, question: str):
    """Names that differ in a vowel sign are two entities, and a question that names one is linked to it."""
    memory.extract(told((name, "I play the oud every evening."), (other, "I paint boats in the harbour.")))
    stages = memory.retrieve(question, strategy="DEEP", trace=True)["trace"]["stages"]
    linked = [c["textPreview"] for stage in stages if stage["tier"] == "entity" for c in stage["candidates"]]
    assert linked == [name]
