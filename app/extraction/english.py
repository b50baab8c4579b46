"""Word lists for the extraction rules: English word classes, and sentence starters in other languages."""


def words(text: str) -> frozenset[str]:
    return frozenset(text.split())


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
INTERJECTIONS = words(
    "hi hello hey hiya yo yeah yep yup nope oh ooh ah aah wow ha haha hahaha lol ok okay alright thanks thank please "
    "sorry congrats congratulations bye goodbye cheers cool great awesome amazing nice lovely wonderful fantastic "
    "perfect sure absolutely indeed exactly right good fine gosh omg hmm hm um uh whoa yay aww aw welcome morning "
    "afternoon evening sounds glad happy true agreed totally definitely interesting incredible",
)
NUMBER_WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "couple": 2, "few": 3,
}  # fmt: skip
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
QUESTION_WORDS = words("who whom whose what which when where why how")
# Words that start a sentence without being a name; everything above counts too.
STARTERS = words(
    "according all anyway anyone anything apart apparently are ask being believe better both bring call check come did "
    "do don't each either else enjoy enough everyone everybody everything feel find follow get getting give go going got "
    "guess guys had half hang has have having hear heard help here's hope how's i'd i'll i'm i've imagine is it'd it'll "
    "it's keep know last learn less let let's listen little long look looking looks lots love loved make makes many "
    "maybe mean more most much must my need neither new next no nobody none nothing now old one ones other others our "
    "part pay people pick play put read remember same saw say saying see seeing seems send set she'll she's should show "
    "since six smart someone somebody something sounds speak speaking start starting stay stop such take taking talk "
    "tell ten that'd that'll that's the their them there's these they'd they'll they're they've thing things think this "
    "those three try trying turn two until use used using wait walking want wanted was watch way we'd we'll we're we've "
    "well were what's when's where's who's whatever whenever which why will wish with wondering work working would write "
    "years yes you'd you'll you're you've your hopefully speaking good best big small every another during regarding "
    "considering given whether despite throughout within along among following based compared due full free real high",
)
# Words that often begin a sentence in other scripts and languages that capitalise it.
OTHER_STARTERS = words(
    "я мы он она они это вчера сегодня завтра мой моя мои мне у в на и но а как что где когда если потом теперь раньше "
    "ich wir er sie es das der gestern heute morgen mein meine und aber dann wenn wie was wo wann "
    "je nous il elle ils elles hier aujourd'hui demain mon ma mes et mais le la les un une des dans "
    "yo nosotros ella ellos ayer hoy mañana mi mis y pero el los las una en cuando "
    "io noi lui lei ieri oggi domani mio e ma gli eu nós ele ela eles ontem hoje amanhã meu minha os",
)
FUNCTION_WORDS = PRONOUNS | PREPOSITIONS | CONJUNCTIONS | AUXILIARIES | DETERMINERS | ADVERBS
NOT_A_NAME = FUNCTION_WORDS | INTERJECTIONS | QUESTION_WORDS | CALENDAR_WORDS | STARTERS

# Irregular past forms and modals, which take no -s in the third person; regular past forms end in -ed.
PAST_FORMS = words(
    "was were had did went saw got made took came gave found told felt left thought knew began broke brought built bought "
    "caught chose cut dealt drew drank drove ate fell fed fought flew forgot forgave froze grew hung heard hid hit held "
    "hurt kept laid led learnt lent let lost lit meant met paid put quit read rode rang rose ran said sold sent set shook "
    "shone shot showed shut sang sank sat slept spoke spent stood stole stuck struck swore swept swam swung taught tore "
    "threw understood woke wore won wrote became bit bent bet blew burnt cost crept dug dreamt fled overcame redid rebuilt "
    "used could would should might must may can will shall wound withdrew",
)
IRREGULAR_PRESENT = {"am": "is", "are": "is", "have": "has", "do": "does", "go": "goes", "be": "is", "don't": "doesn't",
                     "haven't": "hasn't", "aren't": "isn't", "were": "was", "weren't": "wasn't"}  # fmt: skip

FAMILY_WORDS = words(
    "mother mom mum father dad sister brother son daughter wife husband aunt uncle cousin grandmother grandma grandfather "
    "grandpa niece nephew partner girlfriend boyfriend fiancé fiancée fiance fiancee friend roommate neighbor neighbour "
    "colleague coworker boss manager teacher mentor coach therapist doctor dentist landlord dog cat puppy kitten pet "
    "parrot horse rabbit student employee employer assistant roommate flatmate stepfather stepmother kid child",
)
ORGANIZATION_WORDS = words(
    "university college school institute academy company corporation inc ltd llc gmbh bank hospital clinic museum gallery "
    "orchestra band club league association society foundation agency ministry department church council committee press "
    "studio studios records airlines airways group team party union laboratory labs lab office bakery café cafe "
    "restaurant library theatre theater startup firm systems technologies software",
)
PLACE_WORDS = words(
    "city town village county state province country island islands river lake mountain mountains valley street road "
    "avenue square park beach bay bridge airport station district region coast ocean sea desert forest harbor harbour",
)
HEDGES = words("maybe perhaps possibly probably might guess suppose suspect apparently seemingly")
HABIT_WORDS = words(
    "always usually often regularly daily weekly every never sometimes typically normally mornings evenings weekends"
)
