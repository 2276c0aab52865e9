"""The English words by which a text points at what was said before it, and those that only seem to. Tables only."""

from crowkis.match.vocabulary import listed

BE = listed("is are was were be been being 's isn't aren't wasn't weren't am 're it's that's there's")
AUXILIARIES = BE | listed(
    "do does did don't doesn't didn't has have had hasn't haven't hadn't can could will would shall should may might "
    "must can't cannot couldn't won't wouldn't shouldn't"
)
PREPOSITIONS = listed(
    "of in on at by for from to with without about into onto over under between among during through against near "
    "within behind beyond inside outside across along around per via than like as after before since until besides "
    "toward towards upon off despite regarding concerning"
)
RELATIVES = listed("who whom whose which that where when")
ARTICLES = listed("a an the some any each every no many several few most all another one two three four five six")
OWNERS = listed("my your our his her its their whose")
CLAUSE_STARTERS = listed(
    "and or but if when while because so that which who whom whose how why where what though although unless whether "
    "once then before after until"
)
FUNCTION_WORDS = (
    AUXILIARIES
    | PREPOSITIONS
    | RELATIVES
    | ARTICLES
    | OWNERS
    | CLAUSE_STARTERS
    | listed(
        "i me mine myself you yours yourself we us ours he him she hers they them theirs it this these those there "
        "here not just also too very really even still yet only ever never again please more less much such same other "
        "others else either neither both what's who's how's where's why's i'm i've i'd you're out up down there's"
    )
)
EMPTY_WORDS = FUNCTION_WORDS | listed(
    "happen happens happened happening mean means meant example examples else so thing things anything something "
    "explain elaborate continue proceed go going further detail details tell give show say said know exactly reason "
    "get got long far often come came way then next did done doing do sort kind bit ok okay yes no yeah nope sure"
)
"""A text of nothing but these says nothing by itself."""
EMPTY_ALONE = listed("why how when who what where which whose more again else then next example examples and so")
"""The same of texts of one word."""

PERSONS = listed(
    "man woman boy girl guy lady child kid baby wife husband spouse partner mother father mom mum dad brother sister "
    "son daughter uncle aunt cousin friend boyfriend girlfriend boss colleague coworker neighbor neighbour roommate "
    "teacher student doctor nurse patient lawyer president king queen prince princess actor actress author player "
    "driver person someone somebody anyone anybody everyone everybody user customer client employee employer manager "
    "god jesus ex crush male female adult teenager parent people grandfather grandmother grandpa grandma nephew niece "
    "seller buyer landlord tenant receiver sender merchant member"
)
PLURALS = listed("people men women children police family team group band company everyone everybody anyone someone")

REPLIES = listed(
    "answer answers response responses reply replies message messages explanation explanations output outputs "
    "solution solutions suggestion suggestions statement statements example examples paragraph paragraphs sentence "
    "sentences passage question questions conversation article section text story poem essay list draft version "
    "summary code task point points option options step steps reaction reactions"
)
"""What a conversation is made of; behind "your previous", "the second" and the like they point back."""
SPOKEN = listed("answer response reply output explanation conversation")
"""Those of them that point back as soon as they are definite: "the answer", "your response"."""
SAID = listed(
    "said mentioned told wrote suggested listed gave described provided recommended explained showed proposed stated "
    "generated discussed talked"
)

TEMPORAL = listed(
    "morning afternoon evening night week weekend month year summer winter spring autumn fall quarter century decade "
    "moment time day days weeks months years monday tuesday wednesday thursday friday saturday sunday january february "
    "march april may june july august september october november december country world earth planet life"
)
"""Behind "this" and "these" they point at now or here, not at what was said."""
UNIQUE = listed(
    "internet web world sun moon earth sky weather sea ocean universe future past present morning afternoon evening "
    "night weekend day week month year usa us uk eu un nba nfl fbi cia gym government economy police law public media "
    "environment president human brain body heart poor rich elderly piano guitar bible market beach city country way "
    "time phone app bank airport doctor post office news radio tv bus train subway difference point dark cold stock "
    "following store library wild air ground"
)
"""Behind "the" they need no history."""

EXPLETIVE_VERBS = listed(
    "take takes took cost costs rain rains snow snows hurt hurts feel feels mean means matter help "
    "look looks seem seems sound sounds appear appears turns happens"
)
COMPARATIVES = listed(
    "better worse shorter longer cheaper faster slower simpler easier bigger smaller higher lower larger older newer "
    "clearer deeper stronger weaker closer nicer safer quicker harder different similar"
)
TRANSFORMS = listed(
    "translate summarize summarise rewrite rephrase reword paraphrase shorten expand simplify elaborate continue "
    "clarify proceed revise rework reformulate redo repeat retry convert format explain"
)
NO_OBJECT = listed("to in into as with on using by more further again please for from and but without like")
"""Behind a word of TRANSFORMS: what it should work on is not in the text."""
IMPERATIVES = TRANSFORMS | listed("make do write give add remove change tell show try list create use put turn include")
FIRST_AND_POINTING = listed("and or but then also plus because therefore otherwise nor")
FIRST_AND_PERHAPS = listed("so now however instead well still")
ACKNOWLEDGEMENTS = listed("yes no yeah yep nope ok okay sure right correct exactly")
AFTERWARDS = listed("afterwards afterward thereafter thereof therein beforehand aforementioned")
GREETINGS = listed("hi hello hey")
POLITENESS = listed("please can could would will you kindly just now ok okay hey hi hello")
ORDER = listed(
    "first second third fourth fifth last next other previous above former latter preceding prior earlier two three "
    "original remaining initial"
)
MARKS = frozenset(".?!,;:\n")
FRAGMENTS = listed("in for with without as from about")
DEMONSTRATIVES = listed("this that these those that's")
WISHED = listed("explain justify support give write provide in limit format keep back")
"""Before "your answer": the answer to come is meant."""
