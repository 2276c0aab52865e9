"""The English words that deny by themselves: by a prefix (unable, invalid) or by their meaning (fail to, stop ...ing).

Tables only.
"""

from crowkis.match.vocabulary import listed

_BY_PREFIX = {
    "un": """
        willing necessary suitable happy safe healthy paid married used available aware certain clear comfortable common
        expected fair familiar fit friendly important likely lucky known licensed limited locked marked natural opened
        official pleasant popular predictable prepared protected qualified readable reasonable registered related
        reliable resolved restricted satisfied secured secure signed stable successful supported sure tested trained
        treated true usual verified wanted washed wise worthy employed insured authorized authorised affordable
        answered acceptable attended avoidable believable changed confirmed damaged delivered desirable documented
        educated equal ethical finished helpful identified interested invited lawful noticed occupied ordered planned
        reachable realistic readable recognized recognised responsive seen selected sold spoiled usable wired
        subscribe follow mute pin block freeze check link install lock tick load plug pack zip tie wrap fold cover
    """,
    "in": """
        valid active correct correctly complete visible sufficient secure sensitive significant stable accurate adequate
        appropriate capable compatible competent consistent convenient direct edible effective efficient eligible
        experienced flexible formal frequent sincere curable accessible
    """,
    "im": "possible perfect mature mobile moral patient polite practical probable proper pure",
    "ir": "regular relevant replaceable responsible reversible rational",
    "il": "legal literate logical legible",
    "dis": """
        allow connect agree satisfied honest loyal obey appear approve assemble believe continue engage respect similar
        trust like qualify
    """,
    "non": "existent refundable alcoholic stick smoker smoking toxic profit fiction",
    "de": "activate",
}
PREFIXED = {prefix + word: word for prefix, words in _BY_PREFIX.items() for word in words.split()}
PREFIXED |= {"disable": "enable", "undo": "do", "exclude": "include"}
"""Word to what it denies."""

DENYING = dict.fromkeys(
    listed("fail fails failed failing refuse refuses refused refusing decline declines declined"), "to"
)
DENYING |= dict.fromkeys(listed("stop stops stopped quit quits avoid avoids avoided"), "ing")
"""Word to what must follow for it to deny that."""

TROUBLES = listed(
    "fail fails failed failing wrong broken error errors problem problems trouble issue issues declined lost"
)
"""Something is not as it should be: a denial of nobody says what."""
