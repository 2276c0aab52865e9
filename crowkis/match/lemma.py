"""Takes the inflection off an English word: cards is card, cancelling is cancel, bought is buy, colour is color.

A few suffix rules and a table of the irregular words that questions are made of; no dictionary, so a rare word
may come
out odd, but its forms come out alike, which is all that alignment needs. stem() goes further and takes off what turns
a verb into a noun (payment, cancellation). Never looks at a word's neighbours.
"""

from functools import lru_cache

from crowkis.match.vocabulary import listed

WORDS_KEPT_MAX = 16_384
WORD_CHARS_MAX = 32
"""A longer word stays as it is, and is not kept."""

_IRREGULAR_ROWS = """
    be:am,is,are,was,were,been,being have:has,had,having do:does,did,done,doing go:goes,went,gone,going
    buy:bought sell:sold
    get:got,gotten,getting lose:lost pay:paid send:sent make:made take:took,taken give:gave,given
    forget:forgot,forgotten
    find:found see:saw,seen know:knew,known think:thought bring:brought catch:caught teach:taught write:wrote,written
    choose:chose,chosen break:broke,broken steal:stole,stolen speak:spoke,spoken wake:woke,woken drive:drove,driven
    ride:rode,ridden rise:rose,risen fall:fell,fallen eat:ate,eaten beat:beaten bite:bit,bitten hide:hid,hidden
    begin:began,begun drink:drank,drunk sing:sang,sung swim:swam,swum ring:rang,rung run:ran come:came become:became
    leave:left lend:lent spend:spent build:built keep:kept sleep:slept feel:felt meet:met lead:led read:readed
    feed:fed
    hold:held tell:told say:said stand:stood understand:understood win:won shoot:shot sit:sat grow:grew,grown
    throw:threw,thrown fly:flew,flown,flies draw:drew,drawn show:shown blow:blew,blown freeze:froze,frozen
    wear:wore,worn
    tear:tore,torn swear:swore,sworn bear:bore,born,borne hear:heard withdraw:withdrew,withdrawn undo:undid,undone
    overtake:overtook,overtaken fight:fought seek:sought hang:hung stick:stuck strike:struck dig:dug deal:dealt
    mean:meant learn:learnt dream:dreamt burn:burnt spell:spelt die:dying,dies lie:lying tie:tying,ties lay:laid
    child:children man:men woman:women person:people,persons foot:feet tooth:teeth mouse:mice goose:geese knife:knives
    wife:wives life:lives leaf:leaves half:halves shelf:shelves thief:thieves wolf:wolves loaf:loaves self:selves
    datum:data criterion:criteria analysis:analyses diagnosis:diagnoses crisis:crises axis:axes index:indices
    good:better,best bad:worse,worst,badly far:farther,farthest,further,furthest well:wells quit:quitting quiz:quizzes
    program:programme,programmes check:cheque,cheques tire:tyre,tyres license:licence,licences,licensing
    defense:defence
    gray:grey aluminum:aluminium jewelry:jewellery mold:mould enroll:enrol fulfill:fulfil practice:practise
    catalog:catalogue
    dialog:dialogue story:storey maneuver:manoeuvre plow:plough skeptical:sceptical center:centre,centres
    meter:metre,metres
    liter:litre,litres theater:theatre,theatres fiber:fibre,fibres kilometer:kilometre,kilometres caliber:calibre
    centimeter:centimetre,centimetres millimeter:millimetre,millimetres airplane:aeroplane,aeroplanes offense:offence
    refer:referring,referred prefer:preferred,preferring transfer:transferred,transferring occur:occurred,occurring
    travel:travelling,travelled cancel:cancelling,cancelled label:labelling,labelled model:modelling,modelled
    bus:buses,busses gas:gases lens:lenses series:series news:news photo:photos video:videos logo:logos euro:euros
    video:videoes shoe:shoes toe:toes canoe:canoes movie:movies cookie:cookies selfie:selfies calorie:calories
    pie:pies
    zombie:zombies rookie:rookies species:species always:always perhaps:perhaps use:using,used,uses
    agree:agreed,agreeing
    free:freed,freeing see:seeing guarantee:guaranteed,guaranteeing high:height deep:depth long:length wide:width
    strong:strength warm:warmth weigh:weight die:death fly:flight choose:choice lose:loss sell:sale prove:proof
    arrive:arrival advise:advice live:alive marry:marriage complain:complaint believe:belief think:thought
    serve:service
"""
_IRREGULAR = {form: row.split(":")[0] for row in _IRREGULAR_ROWS.split() for form in row.split(":")[1].split(",")}
_ADJECTIVES = listed(
    "big small large long short high low tall wide narrow deep shallow heavy light fast slow quick cheap "
    "expensive old "
    "young new early late near close easy hard simple strong weak warm cold hot cool rich poor clean dirty "
    "thick thin "
    "safe dangerous happy sad smart loud quiet bright dark sharp soft tight loose few great fresh dry wet busy "
    "healthy "
    "pretty nice rare common strict full empty steep rough smooth sweet sour fair kind mild calm bold fit "
    "hungry tiny "
    "huge sunny rainy noisy lazy easy funny ugly lucky friendly deadly pricey costly dense fine pure proud recent"
)
_KEEP_S = listed(
    "this his its yes us bus gas plus thus always perhaps lens news series species status virus campus bonus "
    "focus menus "
    "christmas texas kansas canvas atlas alias bias chaos paris tennis mars physics mathematics economics politics "
    "athletics analysis basis is was has does diabetes james mercedes tesla wales netherlands diagnosis thesis as "
    "during anything something everything nothing morning evening wedding building string ceiling spring concerning "
    "regarding including according red bed shed hundred kindred sacred united"
)
_E_AFTER_ROWS = (
    "at iz v u c dg rg bl pl tl dl gl kl fl cl zl ur ir as us os uc ag ud od ib rs ns ls ps ys ttl ets ik ak ok "
    "ok ym sum "
    "lang rang hang let plet cut yp is mot vot quot pos rad vad bin fin lin min gin cid vid sid rid fid fac "
    "plor stor nor"
)
_E_AFTER = tuple(_E_AFTER_ROWS.split())
_NO_E = listed(
    "treat heat eat cheat repeat beat seat format chat float coat boat combat defeat sweat focus discuss "
    "process access "
    "address pass miss press dress cross guess kiss occur blur bring sing ring hang cling swing string belong thing "
    "join train gain explain complain contain obtain remain rain drain begin maintain retain entertain sustain "
    "attain "
    "spin win pin sign assign design gas bias canvas speak break peak leak soak look cook book hook load upload "
    "download "
    "read reload unload head lead spread need feed proceed succeed exceed avoid need aid bid add forbid murmur refer "
    "monitor author color honor favor anchor mirror error flavor labor harbor tailor sponsor doctor pair repair "
    "air chair "
    "appear hear clear wear tear fear bear pour tour detour hour hair stair impair seek week weak shriek cloud "
    "shroud "
    "food mood flood loud fraud plead bread thread dread knead reveal curl deposit benefit"
)
_DOUBLE_L = listed("install uninstall reinstall refill recall scroll thrill stroll enroll fulfill")
_BRITISH_KEPT = listed(
    "advise exercise raise promise surprise rise wise revise supervise disguise franchise enterprise expertise "
    "otherwise "
    "likewise noise praise cruise bruise compromise merchandise precise concise premise devise televise "
    "improvise hour "
    "four your pour tour sour flour detour contour our paradise turquoise arise poise televise tortoise treatise"
)
_VOWELS = frozenset("aeiou")
_DERIVED_ROWS = (
    "ization:iz:3 ification:ifi:2 ication:ic:3 ation::4 ition:it:3 ption:b:4 ssion:s:3 ction:ct:3 tion:t:3 sion:d:4 "
    "ement:e:3 ment::3 ance::4 ence::4 ness::3 ability::3 ibility::3 ity::5 ally::4 ily:y:3 ly::4 able::3 "
    "ible::4 ative::4 ive::4 ery:er:4 ary::4 ate::4 ify:ifi:2 ize:iz:3 er::4 or::4 al::6 ful::4 ist::5 ship::4 y::4"
)
_DERIVED = tuple((row.split(":")[0], row.split(":")[1], int(row.split(":")[2])) for row in _DERIVED_ROWS.split())
"""Endings, what stands for them in the verb, and how many letters must remain."""


def lemma(word: str) -> str:
    """The bare form of a lower-case word."""
    return _lemma(word) if len(word) <= WORD_CHARS_MAX else word


def stem(word: str) -> str:
    """What a lemma shares with the words derived from it: payment and pay, expiry and expiration. Short words stay."""
    return _stem(word) if len(word) <= WORD_CHARS_MAX else word


@lru_cache(maxsize=WORDS_KEPT_MAX)
def _lemma(word: str) -> str:
    known = _IRREGULAR.get(word)
    if known is not None:
        return known
    if len(word) < 4 or word in _KEEP_S:
        return word
    bare = _bare(word)
    return _IRREGULAR.get(bare) or _american(bare)


@lru_cache(maxsize=WORDS_KEPT_MAX)
def _stem(word: str) -> str:
    for suffix, rest, minimum in _DERIVED:
        if word.endswith(suffix) and len(word) - len(suffix) >= minimum:
            word = word[: -len(suffix)] + rest
            break
    if len(word) > 4 and word[-1] in "ey":
        word = word[:-1]
    if len(word) > 4 and word[-1] == word[-2] and word[-1] not in _VOWELS:
        word = word[:-1]
    return word


def _bare(word: str) -> str:
    """The word without plural, -ing, -ed, or comparison."""
    if word.endswith("ing") and len(word) > 5:
        return _verb(word[:-3], word)
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("ed") and not word.endswith("eed") and len(word) > 4:
        return _verb(word[:-2], word)
    if word.endswith(("er", "est")):
        return _adjective(word)
    if word[-1] != "s" or word.endswith(("ss", "us", "is")):
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "xes", "ches", "shes", "zzes", "oes")):
        return word[:-2]
    return word[:-1]


def _verb(left: str, word: str) -> str:
    """What remains of a verb without its ending, with the silent e or single consonant it had."""
    if not any(letter in "aeiouy" for letter in left):
        return word
    if left in _NO_E or len(left) < 2:
        return left
    if len(left) > 3 and left[-1] == left[-2] and left[-1] not in "aeiousfz":
        return left if left in _DOUBLE_L or (left[-1] == "l" and len(left) < 6) else left[:-1]
    if left.endswith(_E_AFTER) and not left.endswith(("eat", "ous", "oat", "ook", "eak", "oak", "eek")):
        return left + "e"
    before, vowel, last = left[-3:-2], left[-2], left[-1]
    if len(left) < 5 and vowel in _VOWELS and before not in _VOWELS and last not in "aeiouwxy":
        return left + "e" if sum(letter in _VOWELS for letter in left) == 1 else left
    return left


def _adjective(word: str) -> str:
    left = word.removesuffix("est").removesuffix("er")
    for bare in (left, left + "e", left[:-1] + "y" if left.endswith("i") else "", left[:-1]):
        if bare in _ADJECTIVES:
            return bare
    return word


def _american(word: str) -> str:
    """One spelling for colour and color, organise and organize."""
    if word in _BRITISH_KEPT or len(word) < 5:
        return word
    if word.endswith("our"):
        return word[:-2] + "r"
    if word.endswith("ise") and len(word) > 6:
        return word[:-2] + "ze"
    if word.endswith("isation"):
        return word[:-6] + "zation"
    if word.endswith("yse"):
        return word[:-2] + "ze"
    return word
