"""The English words that carry quantity, time and comparison, each with its canonical form. Tables only."""


def listed(words: str) -> frozenset[str]:
    """The words of a list written as one string."""
    return frozenset(words.split())


def counted(words: str, first: int) -> dict[str, int]:
    """Words with their place in the list, counted from `first`; words divided by a bar share a place."""
    places = enumerate(words.split(), first)
    return {word: place for place, alike in places for word in alike.split("|")}


def alike(words: str) -> dict[str, str]:
    """Words to the first of their group, where groups are divided by white space and words by bars."""
    return {word: group.split("|")[0] for group in words.split() for word in group.split("|")}


ONES = counted(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen",
    0,
)
TENS = {word: 10 * tens for word, tens in counted("twenty thirty forty fifty sixty seventy eighty ninety", 2).items()}
SCALES = {
    "hundred": 100,
    "thousand": 1_000,
    "lakh": 100_000,
    "million": 1_000_000,
    "mn": 1_000_000,
    "crore": 10_000_000,
    "billion": 1_000_000_000,
    "bn": 1_000_000_000,
    "trillion": 1_000_000_000_000,
}
SCALES |= {"lakhs": 100_000, "lac": 100_000, "lacs": 100_000, "crores": 10_000_000, "dozen": 12}
STUCK_SCALES = {"k": 1_000, "mn": 1_000_000, "bn": 1_000_000_000, "b": 1_000_000_000}
"""Scales written right behind the digits."""

ORDINALS = counted("first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth", 1)
ORDINAL_ENDINGS = frozenset({"st", "nd", "rd", "th"})
FIRST_BUT_NOT_IN_ORDER = frozenset({"name", "names", "aid", "lady", "of", "class", "hand"})
"""After these, "first" counts nothing (first name, first aid, first of all)."""
BEHIND_A_SECOND = listed(". ? ! , and or to of ago if per for when while please time later")
"""Behind "a second", they tell that it is a moment."""
DOERS = listed("i you we they he she it people")
"""Behind these, "first" says when and not which."""

TIMES = {"twice": "x2", "double": "x2", "thrice": "x3", "triple": "x3", "half": "0.5"}
DAYTIMES = {"noon": "12:00", "midday": "12:00", "midnight": "00:00"}

UNITS: dict[str, str] = alike(
    """
    km|kilometer|kilometers|kilometre|kilometres|kms m|meter|meters|metre|metres
    cm|centimeter|centimeters|centimetre|centimetres|cms mm|millimeter|millimeters|millimetre|millimetres
    mi|mile|miles ft|foot|feet inch|inches yard|yards|yd kg|kilogram|kilograms|kilo|kilos|kgs g|gram|grams
    mg|milligram|milligrams lb|lbs|pound|pounds oz|ounce|ounces ton|tons|tonne|tonnes l|liter|liters|litre|litres
    ml|milliliter|milliliters|millilitre|millilitres gallon|gallons|gal cup|cups tablespoon|tablespoons|tbsp
    teaspoon|teaspoons|tsp ms|millisecond|milliseconds s|sec|secs|second|seconds min|mins|minute|minutes
    h|hr|hrs|hour|hours day|days week|weeks fortnight|fortnights month|months year|years|yr|yrs decade|decades
    century|centuries kb|kilobyte|kilobytes mb|megabyte|megabytes gb|gigabyte|gigabytes|gig|gigs
    tb|terabyte|terabytes mbps gbps hz|hertz khz mhz ghz w|watt|watts kw|kilowatt|kilowatts v|volt|volts amp|amps
    mah rpm mph kmph|kph degree|degrees celsius fahrenheit %|percent|pct $|dollar|dollars|usd|bucks €|euro|euros|eur
    £|gbp|quid ₹|rupee|rupees|rs|inr ¥|yen|jpy|yuan|cny|rmb cent|cents px|pixel|pixels mp|megapixel|megapixels
    calorie|calories|kcal star|stars people|persons|person time|times krw|won rub|ruble|rubles thb|baht
    aed|dirham|dirhams ngn|naira sqm sqkm sqcm sqmm sqft sqinch sqmi sqyard cum cucm cumm cuft cuinch
    acre|acres hectare|hectares|ha
    """
)
CURRENCY_CODES = listed(
    "chf sek nok dkk pln czk huf brl mxn zar krw rub thb sgd hkd aed sar ils idr php vnd pkr bdt ngn kes egp clp cad "
    "aud nzd"
)
UNITS |= {code: code for code in CURRENCY_CODES}
DEGREES = {"c": "celsius", "celsius": "celsius", "centigrade": "celsius", "f": "fahrenheit", "fahrenheit": "fahrenheit"}
CURRENCIES = frozenset("$€£¥₹")
STUCK_ONLY = frozenset({"s", "w", "v", "mi", "ms", "mp", "gig"})
"""Units only when they stand right behind the digits: as words of their own they are something else."""
SPANS_OF_TIME = frozenset({"s", "min", "h", "day", "week", "month", "year", "decade", "century"})

MONTHS = counted(
    "january|jan february|feb march|mar april|apr may june|jun july|jul august|aug september|sept|sep october|oct "
    "november|nov december|dec",
    1,
)
MONTHS_ALONE = listed("january february april june july august september october november december")
"""Months by name even without a day or a year beside them (march and may are verbs too)."""
WEEKDAYS = alike(
    "monday|mondays tuesday|tuesdays|tue|tues wednesday|wednesdays thursday|thursdays|thu|thur|thurs "
    "friday|fridays|fri saturday|saturdays sunday|sundays"
)
RELATIVE_DAYS = {"today": "d+0", "tonight": "tonight", "yesterday": "d-1", "tomorrow": "d+1", "tmrw": "d+1"}
RELATIVE = {"next": "next", "coming": "next", "upcoming": "next", "last": "last", "previous": "last", "past": "last"}
RELATIVE |= {"this": "this", "current": "this"}
PERIODS = listed("week month year quarter weekend semester century decade summer winter spring autumn fall")

MORE, LESS = ">", "<"
COMPARATIVES = dict.fromkeys(
    listed("more greater higher larger bigger longer taller older wider later heavier better farther further"), MORE
) | dict.fromkeys(
    listed("less fewer lower smaller shorter younger narrower earlier lesser cheaper lighter sooner nearer"), LESS
)
"""Before "than", within a few words."""
BEFORE_NUMBER = {
    "over": MORE, "above": MORE, "exceeding": MORE, "exceeds": MORE, "exceed": MORE, "after": MORE, ">": MORE,
    "under": LESS, "below": LESS, "before": LESS, "<": LESS,
    "since": ">=", "minimum": ">=", "min": ">=", "≥": ">=", ">=": ">=",
    "until": "<=", "till": "<=", "maximum": "<=", "max": "<=", "≤": "<=", "<=": "<=",
}  # fmt: skip
AFTER_OR = dict.fromkeys(
    listed("more above higher greater later after older up over longer bigger larger taller plus onwards"), ">="
) | dict.fromkeys(listed("less fewer below lower under earlier before younger shorter smaller prior"), "<=")
"""Behind the number: "2 or more", "10 and above"."""
OPERATORS = {"+": "+", "plus": "+", "*": "*", "×": "*", "times": "*", "÷": "÷", "minus": "-", "^": "^"}
"""Between two numbers they make another question of them."""
OR_EQUAL = {MORE: ">=", LESS: "<="}
NOT_THAT = {MORE: "<=", LESS: ">=", ">=": LESS, "<=": MORE}
DENIALS = frozenset({"no", "not", "never", "doesn't", "don't", "isn't", "didn't"})

COUNTED = listed("block brick number step part chapter level phase question item player room gate day")
"""Right before "one" they make a number of it; elsewhere "one" may be somebody or something (which one, no one)."""

SUPERLATIVES = dict.fromkeys(
    listed("most maximum highest largest biggest longest tallest widest heaviest greatest latest oldest"), "most"
) | dict.fromkeys(
    listed("least fewest minimum lowest smallest shortest narrowest lightest earliest youngest cheapest"), "least"
)
