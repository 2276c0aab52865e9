"""The names of countries, languages and currencies, in any case, each with the short code it is compared by.

Names come from the Unicode CLDR through Babel; what people say besides (UK, American, bucks, the peoples' names) stands
here. French is both a language and of France: a word has one code, and only what differs between two texts is judged.
Read once, when the module is imported; never touches anything else.
"""

from babel import Locale
from babel.core import get_global
from babel.languages import get_official_languages

from crowkis.match.vocabulary import listed

_PEOPLES = """
ar argentine|argentinian|argentinians at austrian|austrians au australian|australians|aussie|aussies be belgian|belgians
br brazilian|brazilians ca canadian|canadians ch swiss cl chilean|chileans co colombian|colombians cu cuban|cubans
eg egyptian|egyptians ie irishman gb british|briton|britons|britain|uk in indian|indians|bharat il israeli|israelis
iq iraqi|iraqis ir iranian|iranians ke kenyan|kenyans mx mexican|mexicans ng nigerian|nigerians pe peruvian|peruvians
ph philippine pk pakistani|pakistanis sa saudi|saudis|ksa sg singaporean|singaporeans sy syrian|syrians
us usa|america|american|americans|states tw taiwanese ae uae|emirati|emirates za african|africans ve venezuelan
kp nkorean eu europe|european|europeans cz czechia nz kiwi|kiwis lk lankan ma moroccan|moroccans jm jamaican
my malaysian
"""
"""Code of the country, then what else is said for it."""

_SPOKEN_IN = """
de germany|german|germans fr france|french|frenchman es spain|spanish|spaniards it italy|italian|italians
pt portugal|portuguese nl netherlands|dutch|holland ru russia|russian|russians pl poland|polish
cn china|chinese|mandarin
jp japan|japanese kr korea|korean|koreans gr greece|greek|greeks tr turkey|turkish|türkiye se sweden|swedish|swedes
no norway|norwegian|norwegians dk denmark|danish|danes fi finland|finnish|finns hu hungary|hungarian|hungarians
ua ukraine|ukrainian|ukrainians th thailand|thai vn vietnam|vietnamese id indonesia|indonesian ie ireland|irish
ro romania|romanian|romanians bg bulgaria|bulgarian rs serbia|serbian|serbs hr croatia|croatian il israel|hebrew
ir iran|persian|farsi gb english|england cz czech|czechs bd bangladesh|bengali|bangla np nepal|nepali|nepalese
sa arabic is iceland|icelandic
"""
"""Where the language and the people share one word: one code for the land, the people and what they speak."""

_MONEY = """
eur euro|euros gbp sterling inr rupee|rupees jpy yen cny yuan|rmb|renminbi btc bitcoin|bitcoins eth ethereum
chf franc|francs usd dollar|dollars
"""
_TECHNOLOGY = """
javascript javascript|js typescript typescript|ts postgres postgresql|postgres python python|py
kubernetes kubernetes|kube
mongodb mongodb|mongo java java php php perl perl kotlin kotlin scala scala haskell haskell matlab matlab mysql mysql
sqlite sqlite redis redis docker docker linux linux windows windows macos macos|osx ubuntu ubuntu debian debian
android android ios ios django django flask flask angular angular nodejs nodejs aws aws azure azure gcp gcp
excel excel gmail gmail outlook outlook whatsapp whatsapp instagram instagram facebook facebook|fb twitter twitter
youtube youtube|yt linkedin linkedin snapchat snapchat tiktok tiktok netflix netflix spotify spotify paypal paypal
telegram telegram skype skype amazon amazon flipkart flipkart google google iphone iphone ipad ipad samsung samsung
"""
"""Products that many write in small letters."""
_CITIES_TOO = listed(
    "chicago boston delhi mumbai bangalore bengaluru chennai hyderabad pune beijing seattle dallas houston atlanta "
    "miami philadelphia munich frankfurt barcelona milan geneva osaka dubai"
)
_CODES = listed(
    "usd eur gbp jpy inr cny chf cad aud nzd sek nok dkk pln czk huf brl mxn zar krw rub thb sgd hkd aed sar ils idr "
    "php vnd pkr bdt ngn kes egp ars clp cop"
)
_ONLY_CAPITALISED = listed(
    "us it in at be no so as am an to me my la is or co ga ho turkey jersey china polish georgia chad jordan guinea "
    "niger states kiwi kiwis slave even swiss mali oman php thb cop try all top nice ts py excel outlook "
    "amazon windows scala flask"
)
_NOT_IN_CLDR_LISTS = listed("zz xa xb qo un ez eu")


def _groups(table: str) -> dict[str, str]:
    parts = table.split()
    return {name: code for code, names in zip(parts[::2], parts[1::2], strict=True) for name in names.split("|")}


def _places() -> dict[str, str]:
    names = Locale("en").territories
    found = {}
    for code, name in names.items():
        if len(code) != 2 or code.lower() in _NOT_IN_CLDR_LISTS:
            continue
        plain = name.lower().replace("&", "and").replace("st.", "st").replace("’", "'")
        found[plain.partition(" (")[0].removesuffix(" sar china")] = code.lower()
    return found


def _cities() -> dict[str, str]:
    """Cities after which time zones are called, those of one word that is no word of English besides."""
    zones = (zone.rpartition("/")[2] for zone in get_global("zone_territories") if zone.count("/") == 1)
    names = {zone.replace("_", " ").lower() for zone in zones} | _CITIES_TOO
    return {name: f"city-{name}" for name in names if name.replace(" ", "").isalpha() and name not in _NO_CITIES}


_NO_CITIES = listed(
    "center nome reunion resolute easter rainy river mountain eastern central pacific universal greenwich north south "
    "east west general unknown wake midway palmer davis casey darwin norfolk stanley oral troll christmas phoenix utc "
    "gmt dawson canary creston chatham"
)


def _languages() -> dict[str, str]:
    english = Locale("en")
    codes = {
        code.split("_")[0]
        for territory in map(str, english.territories)
        if len(territory) == 2
        for code in get_official_languages(territory, regional=True, de_facto=True)
    }
    known = {code: english.languages[code].lower() for code in codes if code in english.languages}
    return {name: f"lang-{code}" for code, name in known.items() if " " not in name and "ʼ" not in name}


NAMES: dict[str, str] = {
    **_cities(), **_languages(), **_places(), **_groups(_PEOPLES), **_groups(_SPOKEN_IN),
    **{code: f"cur-{code}" for code in _CODES},
    **{name: f"cur-{code}" for name, code in _groups(_MONEY).items()},
    **_groups(_TECHNOLOGY), "great britain": "gb", "south korea": "kr", "new zealand": "nz",
}  # fmt: skip
"""Name in small letters to code; a name may have several words."""

LANGUAGES: dict[str, str] = _languages() | {
    name: f"lang-{code}" for name, code in {"mandarin": "zh", "farsi": "fa", "bengali": "bn", "tagalog": "fil"}.items()
}
"""Languages alone, by the name they have in English."""

ONLY_CAPITALISED = _ONLY_CAPITALISED & NAMES.keys()
"""Words of their own in small letters: names only where they are written with a capital."""
LONGER: dict[str, list[tuple[str, ...]]] = {}
"""First word to the names of several words that begin with it, longest first."""
for _name in sorted(NAMES, key=len, reverse=True):
    if " " in _name:
        LONGER.setdefault(_name.partition(" ")[0], []).append(tuple(_name.split()))
