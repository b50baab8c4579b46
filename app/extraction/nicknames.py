"""Given names and their short forms."""

from itertools import combinations

# One given name a line, followed by its short forms. A short form may occur in several lines.
_FORMS = """
alexander alex alec xander sasha
alexandra alex alexa sandra sasha lexi
andrew andy drew
anthony tony
barbara barb
benjamin ben benny
catherine katherine kathryn cathy kathy kate katie kat
charles charlie chuck
christina christine chris tina
christopher chris kit
daniel dan danny
david dave davy
deborah debbie deb
donald don donny
dorothy dot dottie
edward ed eddie ted ned
eleanor ellie nell nora
elizabeth liz lizzie beth betty eliza betsy
eugene gene
frederick fred freddie
gabriel gabe
gregory greg
harold hal harry
henry harry hank
isabella bella izzy
jacob jake
james jim jimmy jamie
jennifer jen jenny
jessica jess jessie
john jack johnny
jonathan jon jonny
joseph joe joey
joshua josh
judith judy
kenneth ken kenny
kimberly kim
lawrence larry
leonard leo len lenny
margaret maggie meg peggy marge greta
matthew matt
melanie mel
melissa missy mel
michael mike mick mickey
nathaniel nathan nate
nicholas nick nicky
pamela pam
patricia pat patty tricia trish
patrick pat paddy
peter pete
philip phil
raymond ray
rebecca becky becca
richard rick rich dick richie
robert bob rob bobby robbie
ronald ron ronnie
samantha sam
samuel sam sammy
sarah sally
stephen steven steve
susan sue susie
theodore ted theo teddy
thomas tom tommy
timothy tim timmy
victoria vicky tori
vincent vince vinny
virginia ginny
walter walt wally
william bill will billy willy liam
zachary zach zack
francisco paco
jose pepe
ignacio nacho
dolores lola
giuseppe beppe
aleksandr sasha
ekaterina katya
mikhail misha
dmitri dima
anastasia nastya
александр саша
екатерина катя
михаил миша
дмитрий дима
анастасия настя
мария маша
иван ваня
владимир вова володя
"""
_PAIRS = frozenset(
    pair
    for line in _FORMS.strip().splitlines()
    for first, *short in (line.split(),)
    for pair in (*((first, s) for s in short), *combinations(short, 2))
)


_FORMS_OF: dict[str, frozenset[str]] = {}
for _left, _right in _PAIRS:
    _FORMS_OF[_left] = _FORMS_OF.get(_left, frozenset()) | {_right}
    _FORMS_OF[_right] = _FORMS_OF.get(_right, frozenset()) | {_left}


def forms_of(name: str) -> frozenset[str]:
    """Return the names that a given name may stand for, and its short forms; both case-folded."""
    return _FORMS_OF.get(name, frozenset())


def are_nicknames(left: str, right: str) -> bool:
    """Return True if one name may stand for the other, both case-folded: bob and robert, or bob and rob."""
    return (left, right) in _PAIRS or (right, left) in _PAIRS
