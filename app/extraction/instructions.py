"""Detection of prompt injection: messages that address the model instead of a person."""

import re

_ORDERS = re.compile(
    r"""
    \b(?:ignore|disregard|forget|override|bypass)\b[^.!?\n]{0,40}\b(?:instructions?|prompts?|rules|guidelines|above|previous|prior)\b
    | \b(?:system|developer)\s*(?:prompt|message|instructions?|override)\b
    | ^[ \t]{0,40}(?:\#{1,6}[ \t]{0,8})?(?:system|assistant|developer)\s*:
    | \byou\s+are\s+now\s+(?:a|an|in)\b
    | \b(?:new|updated|real)\s+instructions?\b
    | \b(?:record|store|save|remember|write|output|add|insert|extract|report)\b[^.!?\n]{0,30}
      \b(?:as\s+(?:a\s+)?facts?|in(?:to)?\s+(?:the\s+|your\s+)?(?:memory|database|json))\b
    | (?<!\w)(?:AI|LLM|chatbot|bot)\s*:\s*(?:please\s+)?(?:update|change|set|save|store|record|remember|note|forget|delete)\b
    | </?\s*(?:untrusted|system|instructions?)\b
    | 忽略[^。！？\n]{0,12}(?:指令|提示|规则|規則) | (?:無視|むし)[^。！？\n]{0,6}(?:指示|命令)
    | (?:指示|命令)[^。！？\n]{0,6}無視
    | игнорир\w*[^.!?\n]{0,30}(?:инструкци|указани|правил)\w*
    | ignorier\w*[^.!?\n]{0,30}(?:anweisung|regel)\w* | ignor[ae]\w*[^.!?\n]{0,30}(?:instruc|instruç|istruz)\w*
    """,
    re.IGNORECASE | re.VERBOSE | re.MULTILINE,
)


def gives_orders(text: str) -> bool:
    """Return True if a text gives instructions to the model that reads it. Facts from such a text are accepted only
    about its author.
    """
    return bool(_ORDERS.search(text))
