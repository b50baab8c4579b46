"""Messages that say nothing by themselves: "OK, thanks!"."""

import re

from app.domain.words import words

_WORD = re.compile(r"[\w']+")
# A message of these words alone says nothing; with any other word it does.
_COURTESIES = words(
    "ok okay k yes yeah yep yup no nope sure right alright fine good great nice cool perfect awesome lovely wonderful "
    "thanks thank you thx ty cheers please welcome you're got it i i'll see know understood noted done agreed exactly "
    "absolutely indeed hm hmm mm mhm ah oh wow haha lol hi hello hey bye goodbye sounds makes sense will do that's so "
    "much very a lot of course problem sorry same here "
    "sí si vale gracias de nada claro bueno ja nein danke bitte gut oui non merci d'accord bien sim não obrigado obrigada "
    "ciao grazie prego да нет спасибо хорошо ок "
    "はい いいえ うん ううん ありがとう ありがとうございます 了解 了解です わかりました 分かりました なるほど そうですね "
    "好 好的 好吧 嗯 嗯嗯 是 是的 对 不 不是 谢谢 谢谢你 多谢 明白 明白了 知道了 没问题 可以 "
    "네 아니요 감사합니다 알겠습니다"
)


def is_courtesy(text: str) -> bool:
    """True also for a text without words."""
    return all(word in _COURTESIES for word in _WORD.findall(text.casefold().replace("’", "'")))
