"""The English words that say little about what a question is about. Tables only, by lemma.

FUNCTION words are passed over when two texts are aligned; LIGHT words are aligned, but a text may hold one
more or one
less of them without asking something else.
"""

from crowkis.match.vocabulary import MONTHS_ALONE, ONES, TENS, WEEKDAYS, listed

PREPOSITIONS = listed(
    "to into onto from of in on at by for with without than over under above below behind beneath through past via "
    "against between about across along around near inside outside within during until till since upon beyond per as "
    "before after"
)
"""`before` and `after` are content words too: they say what is asked."""

FUNCTION = (PREPOSITIONS - listed("before after")) | listed(
    """
    a an the this that these those some any each every all both either such same own other another else
    i me my mine myself we us our ours ourselves you your yours yourself he him his himself she her hers it its itself
    they them their theirs themselves one ones somebody someone anybody anyone something anything everything everybody
    everyone there here who whom whose which what where when why how whatever whichever whoever wherever
    whenever however
    be do have can could shall should will would may might must ought need dare cannot able
    and or but nor so if because though although while whereas whether unless once then thus hence therefore yet
    not no never neither none nothing nobody only just also too very really quite rather pretty even still already
    many much little lot enough well as like up out off down away back ever
    please kindly hey hi hello ok okay yes oh um uh er hmm sorry sir madam dear
    let s t m re ve ll d am pm ie eg etc
    now currently actually basically simply maybe perhaps probably possibly anyway instead
    hundred thousand million
    to-do going gonna wanna gotta lets whats hows im ive id youre dont cant wont isnt doesnt didnt
    """
)
FUNCTION |= (
    ONES.keys()
    | TENS.keys()
    | MONTHS_ALONE
    | WEEKDAYS.keys()
    | listed("jan feb mar apr jun jul aug sep sept oct nov dec couple dozen")
)
"""Passed over. Numbers, months and weekdays are among them: the rule for numbers compares those."""
LIGHT = listed(
    """
    world default state especially particularly interest serve at_least or_more no_less_than no_few_than
    at_most or_less or_few no_more_than up_to more most thank thanks
    right choose decide way thing matter stuff kind sort type case fact place time help
    want wish like love need get go
    come make
    take give
    put use let see know tell say ask explain show describe list name look think mean seem try possible
    possibility
    allow permit allowed allowing good nice great best proper correct right step method procedure process instruction
    guide tip advice idea information detail info question answer option reason cause happen work happening
    wonder curious understand learn figure define definition meaning explanation exactly specific certain particular
    current currently available exist existing new today generally usually normally typically actually different
    various several number amount long far often quickly quick easy easily hard difficult simple simplest
    please assist suggest recommend recommendation suggestion advise inform issue problem trouble people person
    thing anything able must supposed suppose start begin follow do deal involve include contain have own
    getting become set bring turn run manage perform conduct carry handle full whole entire main overall general
    point purpose necessary require required requirement order possible perfect ideal word moment
    already soon immediately just ready sure provide offer give present type respond require
    apparently appear seem believe receive still remain certain entitle eligible recently finally simple
    anymore longer
    eventually additionally specifically constantly suddenly constant afterwards straightaway multiple couple
    yet nowadays
    currently situation circumstance event occur occasion term regard concern relate main total
    """
)
"""Words that stand in paraphrases for each other or for nothing: ways, reasons, helping, telling."""
