"""English word classes and the calendar's words."""

from app.domain.words import words

PRONOUNS = words(
    "i me my mine myself we us our ours ourselves you your yours yourself yourselves he him his himself she her hers "
    "herself it its itself they them their theirs themselves this that these those who whom whose which what",
)
PREPOSITIONS = words(
    "about above across after against along among around as at before behind below beneath beside besides between beyond "
    "by despite down during except for from in inside into like near of off on onto out outside over past per since than "
    "through throughout to toward towards under underneath until till up upon via with within without",
)
CONJUNCTIONS = words(
    "and or but nor so yet because although though while whereas if unless when whenever where wherever since"
)
AUXILIARIES = words(
    "am is are was were be been being have has had having do does did doing will would shall should can could may might "
    "must ought isn't aren't wasn't weren't haven't hasn't hadn't don't doesn't didn't won't wouldn't can't cannot "
    "couldn't shouldn't mustn't ain't let's",
)
DETERMINERS = words("a an the my your his her its our their this that these those some any each every another no")
ADVERBS = words(
    "also always already actually again almost basically certainly clearly currently definitely easily especially "
    "eventually ever exactly finally first fortunately frequently generally hardly honestly hopefully immediately indeed "
    "instead just lately later literally luckily mainly maybe mostly never normally not now obviously occasionally often "
    "once only originally perhaps personally possibly previously probably quickly quite rarely rather really recently "
    "regularly sadly seldom seriously simply slowly sometimes soon still strongly suddenly surely then there totally truly "
    "twice typically unfortunately usually very well yes yet too even here however moreover furthermore therefore thus "
    "meanwhile otherwise nevertheless nonetheless additionally similarly consequently today tomorrow yesterday tonight",
)
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MONTHS = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
)  # fmt: skip
CALENDAR_WORDS = (
    frozenset(WEEKDAYS)
    | frozenset(MONTHS)
    | words(
        "jan feb mar apr jun jul aug sep sept oct nov dec mon tue tues wed thu thur thurs fri sat sun",
    )
)
_ONES = (
    "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen",
    "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
NUMBER_WORDS = {name: number for number, name in enumerate(_ONES, start=1)} | {
    name: 10 * number for number, name in enumerate(TENS, start=2)
}
QUESTION_WORDS = words("who whom whose what which when where why how")
FUNCTION_WORDS = PRONOUNS | PREPOSITIONS | CONJUNCTIONS | AUXILIARIES | DETERMINERS | ADVERBS
