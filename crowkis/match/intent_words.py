"""The cues by which intents are told: words and phrases with the weight each carries. Tables only, English only.

A phrase is written as match/tokens.py cuts it, without marks, contractions written out (see SPELT_OUT). Phrases are
divided by bars. How the cues are weighed against each other is in match/intents.py.
"""

from crowkis.match.vocabulary import listed

Phrases = dict[str, dict[float, str]]
"""Intent to weight to phrases divided by bars."""

SPELT_OUT = {
    "what's": ("what", "is"), "whats": ("what", "is"), "who's": ("who", "is"), "where's": ("where", "is"),
    "when's": ("when", "is"), "how's": ("how", "is"), "it's": ("it", "is"), "that's": ("that", "is"),
    "there's": ("there", "is"), "let's": ("lets",), "i'm": ("i", "am"), "im": ("i", "am"), "i'd": ("i", "would"),
    "i've": ("i", "have"), "i'll": ("i", "will"), "you're": ("you", "are"), "you've": ("you", "have"),
    "can't": ("cannot",), "cant": ("cannot",), "won't": ("will", "not"), "wont": ("will", "not"),
    "don't": ("do", "not"), "dont": ("do", "not"), "doesn't": ("does", "not"), "doesnt": ("does", "not"),
    "didn't": ("did", "not"), "isn't": ("is", "not"), "isnt": ("is", "not"), "aren't": ("are", "not"),
    "wasn't": ("was", "not"), "hasn't": ("has", "not"), "haven't": ("have", "not"), "couldn't": ("could", "not"),
    "wanna": ("want", "to"), "gonna": ("going", "to"), "u": ("you",), "pls": ("please",), "plz": ("please",),
    "thx": ("thanks",), "they're": ("they", "are"), "we're": ("we", "are"), "shouldn't": ("should", "not"),
}  # fmt: skip

FILLERS = (
    "hi|hello|hey|hi there|hello there|hey there|ok|okay|so|well|and|also|but|then|now|um|uh|please|kindly|just|yo|dear|"
    "good morning|good evening|good afternoon|siri|alexa|google|assistant|can you|could you|would you|will you|"
    "can you please|could you please|would you please|would you mind|can someone|could someone|can somebody|"
    "i want you to|i need you to|i would like you to|i would like for you to|go ahead and|be sure to|you can|"
    "tell me|show me|let me know|do you know|do you happen to know|can you tell me|could you tell me|can i ask|"
    "i want to know|i need to know|i would like to know|i was wondering|i am wondering|i wonder|any idea|"
    "does anyone know|quick question|question|help me|i need help|i need some help|i need help with|i need some help with|"
    "can you help me|could you help me|please help me|do you think|in your opinion|in general|"
    "i am curious|i am curious about|i have a question about|i have a question|sorry|excuse me|actually|"
    "to|if|whether|a|an|the|some|with|me|am i able to know|find out|figure out|tell|show"
)
"""Passed over before a sentence is looked at: what is asked starts behind them."""

WISHES = (
    "i want to|i need to|i would like to|i would love to|i have to|i must|i am trying to|i wish to|i am going to|"
    "lets|we need to|we want to|may i|i really need to|i really want to|i just want to|i just need to|can we|we would like to"
)
"""In front of a verb they ask that it be done; passed over too, when a verb of DOINGS follows."""

OPENINGS: Phrases = {
    "factual": {
        1.2: "is|are|was|were|does|do|did|can|could|has|have|had|will|would|should|is there|are there|if|do you",
        1.5: "what|which|in what|at what|on what|in which|to what|from what|name|list|give me the|give|find",
        2.0: "what is the|what are the|what was the|what were the|what is|what was|how much|how long|how often|"
             "which of|name the|list the|list all|what kind of|what type of|what sort of|how fast|how big",
        3.0: "will my|will i|am i|do i have to|do i need|do i need to|do i need a|am i able to|am i allowed to|am i charged",
        4.6: "do you support|do you offer|do you accept|do you deal|do you deal with|do you supply|do you take|do you charge|"
             "do you provide|do you sell|do you ship|do you deliver|do you allow|do you work with|do you guys|are you charging",
        2.4: "who|whose|whom|when|where|when did|where did|who was|how many|how far|how old|how tall|how high|how deep|how large|"
             "what year|in what year|in which year|what date|which year|how late|what is the name of|what color|what colors|"
             "what time does|what time do|how much does|how much is|how long does|how long is|how much do you|how long did",
    },
    "conceptual": {
        2.0: "tell me about|tell me more about|how do|how is|how are|how did|how could|how will|what about",
        2.3: "what is",
        2.4: "why|what is a|what is an|what are|what happens|what happened|what would happen|what will happen|what if",
        3.0: "what does it mean|what do you mean|how does|what is meant by|how did|what makes|what causes|what caused|"
             "why does|why do|why is|why are|why did|why was|why were|how come|how is it possible|what is it like",
        3.5: "explain|explain how|describe|define|describe how|walk me through|talk about|elaborate on|discuss|"
             "the meaning of|help me understand|understand|prove|outline the|give an overview of|what explains|illustrate",
    },
    "procedural": {
        3.4: "why is my|why are my|why was my|why has my|why were my|why did my|why have my|why was i|why am i|why have i|"
             "why did i|why do i have to|why did not i",
        1.6: "i see|there is a|there are|i just|i received|i got|i was|i have a|i made|i think|something|someone|i noticed",
        2.4: "my|i do not|i did not|i have not|my card|my account|our",
        2.7: "can i|could i|am i able to|is it possible to|is it possible for me to|may i|are you able to|what can i do|"
             "where can i|where do i|how can|how should|how would|is there any way|where could i|where would i|how will i",
        3.2: "how do i|how do you|how do we|how can i|how can we|how can you|how could i|how would i|how should i|how would you|"
             "how does one|how would one|how should one|how to|how might i|how must i|how am i supposed to|how can one|"
             "is there a way to|is there a way|is there any way to|where do i go|where do i go to|where do i find|where can i find|where could i find|where can i go to|"
             "what do i do|what do i need to|what should i do|what shall i do|what can i do|what must i do|what am i supposed to do|"
             "what are you supposed to do|what are you suppose to do|what to do|show me how|show me how to|teach me|teach me how|"
             "the way to|how best to|how i can|how i could|how i|how exactly do i|how exactly do|the best way to|best way to|"
             "what is the best way to|what is the easiest way to|what is the way to|what are some ways to|what are ways to|"
             "what are some of the best ways to|what are the best ways to|what is a good way to|what is the fastest way to|"
             "what is the process|what is the procedure|what are the steps|what steps|steps|steps to|steps for|"
             "instructions|instructions for|guide to|tutorial|walkthrough|what documents do i|what do you do|what do we do|"
             "what is the proper way to|what is the right way to|how long should i",
    },
    "comparison": {
        2.6: "which is|which one is|which are|who is more|what is better|what is more|is it cheaper|is it better|"
             "which one|what is safer|what is cheaper|what is faster",
        4.0: "compare|contrast|distinguish|distinguish between|differentiate|differentiate between|which is better|"
             "how do these|what distinguishes|what sets|what separates|which is worse|how are these different|rank",
    },
    "recommendation": {
        2.4: "should i|should we|what are some|what are some good|what is a good|what are good|which one should|what is a fun|"
             "is it worth|is it a good idea|would it be|good|i am looking for|looking for|where is a good|is it safe to",
        3.0: "what is the best|what are the best|which is the best|which are the best|who is the best|best|top|any good|"
             "what would you|which would you|what do you recommend|where should|which should|what should i|what should we|"
             "where should i|when should i|who should i|any ideas|any tips|any advice|any suggestions|need ideas|i need ideas|"
             "what are your favorite|how about|the best|give me advice|give me ideas|ideas for|tips for|what are good|"
             "what is your best advice|what are the top|when should we|where is the best|in which order should",
        4.0: "recommend|suggest|advise|advise me|can you recommend|can you suggest|do you recommend|would you recommend",
    },
    "temporal": {
        2.5: "how old is",
        4.0: "what day of the week",
        2.0: "who is leading|is it still|is there still|when is the next|what is the next|when will|will it",
        6.0: "what time is it|what day is it|what day is today|what is the time|what is the date|what is today|what date is it|"
             "what month is it|what year is it|what day of the week is it|what is the weather|how is the weather|will it rain|"
             "is it raining|will it snow|is it going to rain",
    },
    "personal": {
        3.4: "when should i expect|what date do i|how fast am i|what date is my|tell me if my|what is my|what are my|where is my|where are my|when is my|when are my|who is my|who are my|how is my|"
             "what was my|what were my|when was my|where was my|which of my|"
             "when does my|when do my|when will my|"
             "when did my|when did i|when do i|when am i|when will i|when was i|how much do i have|how many do i have|"
             "did my|has my|have my|is my|are my|was my|were my|do i have|do i owe|do i still|did i|have i|was i|"
             "how much do i|how much did i|how much have i|how many did i|how many have i|what did i|what have i|"
             "where did i|where have i|show me my|show my|tell me my|list my|what do i have|what do i owe|how much money do i|"
             "what am i|where am i|which of my|read me my|read my|remind me of my|remind me what|check my|what is in my|"
             "what is on my|how long have i|who am i|does my|do my|what was i|what did we|did we|have we|"
             "is the status of my|what is the status of my|what is the balance|how low can we get my|what does my|what do my",
        3.8: "i feel|i am feeling|i am so|i am sad|i am depressed|i hate my|i love someone|i miss my|i think i am|i am afraid|"
             "i am worried|i am scared|i cannot sleep|my chest|my head|my back|my wife|my husband|my girlfriend|my boyfriend|"
             "my mother|my father|my mom|my dad|my boss|my son|my daughter|based on my|given my|according to my|"
             "why do i feel|am i going to|i have been feeling|i am allergic|i am pregnant|i have been pregnant|i am lonely",
    },
    "creative": {
        1.8: "write|generate|create|make|design|give me|draft|help me write|produce|tell me a|tell us a|make me a|i need a|craft",
        3.2: "compose|make up|invent|imagine|pretend|brainstorm|come up with|think of|act as|role play|roleplay|you are a|"
             "tell me something funny|tell me a joke|tell a joke|tell me a story|tell a story|sing|sing me|continue the story|"
             "imagine you are|suppose you are a|dream up|write me a|make me laugh|i need a laugh|i need a good laugh",
    },
    "transactional": {
        4.2: "make a reservation|make an appointment|make a payment|make a transfer|make a booking|put me through|sign me up|"
             "log me out|check me in|opt me out|take me off|connect me|get me an agent|speak to|talk to a human|talk to an agent|"
             "get me a refund|give me a refund|get rid of my|put in a request|make a complaint|file a complaint|file a claim",
    },
    "code": {
        2.2: "implement|debug|refactor|compile|program|optimize|fix this|fix the|code",
        1.2: "write|create|why do i get|what does this|generate|write a",
    },
    "transform": {
        1.8: "correct|fix the|find the|find all|list the|make it|make them|turn|change|give me|is the following|expand|alter|adjust",
        3.4: "convert|reformat|edit|simplify|shorten|condense|extract|pull out|make this|make the|turn this|turn these|turn the|"
             "give me a summary|sort the following|is this sentence|is this review|is this text|is this email|repeat the|what does the following|"
             "identify the|determine whether the|answer in|label the|highlight the|count the words|format this|format the",
        4.6: "translate|summarize|summarise|paraphrase|rephrase|reword|rewrite|proofread|classify|categorize|categorise|"
             "tldr|tl dr|tl|how do you say|how do i say|how would you say|how to say|what is the sentiment|correct the grammar|"
             "transcribe|how do you write|spell check|abbreviate|sum up|redact|anonymize|transliterate",
    },
    "conversational": {
        0.8: "i am|you are|that is|you should|do you|have you",
        2.8: "do you like|do you love|do you feel|do you ever|do you enjoy|do you believe|do you sleep|do you eat|do you dream|"
             "do you want|do you have feelings|do you get|are you|were you|who are you|what are you|how are you|who is your|"
             "have you ever|can you feel|can you think|can you hear|can you learn|how old are you|where are you|"
             "what is your name|what is your favorite|what is your favourite|what is your opinion|what is your age|what was your name|"
             "what is your purpose|what is your job|what is your hobby|what are your hobbies|what do you like|what do you think|"
             "how do you feel|how do you like|how do you personally|tell me about yourself|who made you|who built you|"
             "who created you|who developed you|who programmed you|what can you do|why are you|when were you|where were you|"
             "how is it going|how have you been|what is up|what do you do for|call me|my name is|your name|i call you|can i call you|"
             "could i call you|i would like to call you|i think you|it was nice|nice to|what kind of car do you|which do you like|"
             "what makes you|would you like|would you rather|what do you enjoy|what do you want|what do you know|you can call me",
    },
}  # fmt: skip
"""Phrases at the start of a sentence, behind FILLERS and WISHES; only the longest that fits counts."""

ANYWHERE: Phrases = {
    "factual": {
        1.0: "capital of|author of|founder of|inventor of|height of|population of|history of|number of|name of|invented|founded|"
             "discovered|born|died|located|phone number|opening hours|address of|do i have to|do i need|should i expect|policy|fee|fees|limit|limits",
    },
    "conceptual": {
        1.2: "work|works|concept|concepts|theory|principle|principles|mechanism|idea behind|in simple terms|like i am five|consequences|"
             "impact of|effect of|effects of|function of|philosophy|reason for|reasons for|considered|effect|affect",
        2.2: "meaning of|purpose of|point of|role of|significance of|importance of|mean|means|role|how it works|"
             "the reasoning behind|causes|cause of|concept of|definition of|what causes|stand for|the idea behind",
    },
    "procedural": {
        1.2: "step by step|process|procedure|set up|install|configure|steps|get rid of|apply for|deal with|prevent|instructions",
        2.2: "not working|does not work|will not turn|not work|is stuck|keeps crashing|keeps|cannot find|cannot log|cannot connect|"
             "cannot get|cannot access|cannot locate|cannot see|cannot open|cannot upload|cannot login|i cannot|i forgot|forgot my|"
             "i lost my|lost my|was stolen|is missing|got stuck|stopped working|will not start|will not open|is broken|"
             "someone stole|someone has|what should i do|what do i do|what shall i do|now what|how do i|how can i|unable to|"
             "how to fix|can i fix|went wrong|i do not recognize|i did not make|do not see|have not received|did not get|swallowed",
    },
    "comparison": {
        1.6: "compared to|compared with|pros and cons|advantages and disadvantages|as good as|alike|unlike|similar|in common|rather than",
        3.4: "better than|worse than|more than|less than|cheaper than|rather than|instead of|advantages of|compare to|compare with|"
             "similarities|similarity between|resemble|same as",
        2.0: "difference|differences",
        4.6: "vs|versus|differ from|differ|"
             "difference between|differences between|difference in|differences in|different from|different than|distinction between|distinguishes|comparison of|comparison between|how does it compare",
    },
    "recommendation": {
        1.3: "best|top|good|great|ideal|favorite|favourite|most suitable|cheapest|must see|suit|suits|tips|worth it|fits|fun|nice",
        2.2: "goes well|go well|goes with|nice place|should i|should we|worth|advice|suggestions|ideas for|tips for|recommended|top ten|top 10|top 5|good idea|"
             "mind blowing|must have|to visit|things to do|should people|similar to|tv series|looking for a",
        3.2: "recommend|recommendation|recommendations|suggest|suggestion|any suggestions|you suggest|you recommend|would you advise|"
             "should i get|should i buy|should i choose|should i watch|should i read|should i use|would suit|best for|best suited",
    },
    "transactional": {
        1.2: "for me|on my behalf|right away|immediately|asap|to my cart|my shopping list|to my list|my playlist|as soon as possible",
    },
    "temporal": {
        0.8: "still|last|next|recent|recently|ongoing|so far|this year|record|season|championship",
        1.4: "tonight|tomorrow|yesterday|price|prices|stock|stocks|population|upcoming|trading|score|scores|temperature|"
             "this summer|this winter|soon|until|how old is|world record|nowadays|this month|lately|ranking|rankings|flight|flights",
        2.4: "today|right now|at the moment|now|currently|current|newest|this week|this weekend|this morning|this evening|"
             "last night|this season|these days|news|headlines|the score|exchange rate|traffic|days until|days left|as of|"
             "at present|next week|next month|next year|price of|stock price|interest rate|inflation rate|mortgage rate|most stars|"
             "next bus|next train|next game|next match|next election|next full|richest|still alive|open today|is playing|are playing",
        3.0: "weather|forecast|latest|most recent|trending|who won the|won the latest|humidity|up to date|market cap|"
             "who is the president|who is the prime|who is the ceo|who is the king|who is the mayor|who is the queen|"
             "who is the chancellor|who is the governor|who is the coach|who is the pope|down right now|standings|"
             "the current|the latest|the newest|is the current|days until|how many days until|breaking news|gas prices",
    },
    "personal": {
        2.0: "do i have|am i on|do i owe|i own|i earn|have i been|do i get paid",
        1.0: "i have|my life|my own|do i|did i|have i|am i|myself|i owe|i spend|i spent|i still have|remaining|left in my",
        2.2: "lonely|depressed|anxious|suicidal|divorce|heartbroken|my girlfriend|my boyfriend|my wife|my husband|my ex|i feel|"
             "my symptoms|pregnant|my doctor|my diagnosis|my marriage|hurts|hurting|my medical|kill myself|my parents|broke up",
    },
    "creative": {
        1.0: "engaging|funny|catchy|humorous|imaginative|fictional|witty|in the style of|creative|persuasive|tone|heartfelt",
        2.2: "poem|poems|haiku|story|stories|lyrics|song about|joke|jokes|slogan|slogans|tagline|taglines|speech for|a speech|essay|blog post|"
             "limerick|riddle|dialogue|screenplay|novel|plot|toast|cover letter|rhyme|sonnet|fairy tale|bedtime story|backstory|"
             "caption|captions|product description|product name|names for|name for|an email|a letter|email to|letter to|short speech|"
             "thank you note|birthday message|invitation|monologue|pun|puns|fan fiction|love letter|press release|plot ideas|"
             "song for|love song|video script|parody|motto|eulogy|wedding vows|a message to|short story|trivia|an outline for|"
             "business plan|linkedin post|instagram|tweet about|an article about|a paragraph about|a note to|a script for|board game",
    },
    "code": {
        0.9: "function|functions|script|query|loop|array|arrays|method|class|string|json|api|object|table|command|"
             "component|endpoint|database|library|app|file|list|server|syntax|variable|variables|code|programming|algorithm|"
             "data structure|recursive|integer|element|elements|time complexity|dictionary|dictionaries|csv|lines|parse|parses|rows",
        1.6: "regex|regular expression|unit test|unit tests|compile error|stack trace|traceback|for loop|while loop|"
             "list comprehension|linked list|binary tree|binary search|hash map|null pointer|segmentation fault|merge conflict|"
             "git|docker|kubernetes|kubectl|dockerfile|docker compose|npm|pip|yaml|async|await|lambda|pull request|localhost|"
             "sort an array|html form|duplicate rows|syntax error|type error|bash script|shell script|quicksort|terraform|"
             "this code|the code|this function|my code|div|dropdown|dependency injection|bug in|best time complexity|decorator",
        2.6: "python|javascript|typescript|java|c++|c#|sql|html|css|bash|php|ruby|kotlin|numpy|pandas|django|flask|react|"
             "nodejs|jquery|golang|haskell|scala|perl|powershell|postgresql|mongodb|pytorch|tensorflow|matlab|vba|in go|in rust|in c|"
             "in swift|in r|in dart|in lua|in scheme|in elixir|excel formula|sql query|exception|undefined|spring boot|latex",
    },
    "transform": {
        1.2: "bullet points|bullets|in one sentence|in two sentences|in three sentences|to json|into json|to a table|into a table|markdown|"
             "yaml format|to spanish|to french|to german|to english|to italian|to chinese|to japanese|in the format|more formal|more formally|positive or negative|passive voice|active voice|present tense|past tense|one word|"
             "spam or not|each of the following|previous response|your previous|your last response|the same task|your response",
        2.2: "the following|this text|this article|this paragraph|this sentence|this passage|this email|this message|this tweet|"
             "this document|the text|the article|the passage|the paragraph|the document above|the text below|below|given text|this review|"
             "key points|summary of|the above|this list|these notes|this word|into spanish|into french|into german|into english|"
             "previous answer|my paragraph|my essay|these sentences|this poem|into chinese|"
             "into japanese|into italian|into portuguese|into russian|into polish|into dutch",
        3.4: "spanish word for|french word for|german word for|italian word for|english word for|word for|mean in english|in english mean|"
             "translation of|translated into|sentiment|synonym for|synonyms of",
    },
    "conversational": {
        0.5: "you|your",
        1.2: "yourself|lol|haha|thanks|thank you|thank you so|for your help|bye|goodbye",
    },
}  # fmt: skip
"""Phrases that count wherever they stand, once each."""

CHAT = listed(
    """
    hi hello hey hiya yo howdy greetings good morning evening afternoon night day there thanks thank you thx ty cheers
    so much very a lot again for your the help helping that this it is was were great nice cool awesome perfect ok okay
    k sure fine alright yes yeah yep yup no nope nah not please bye goodbye later see ya soon take care welcome sorry lol
    haha hahaha lmao wow hmm hm um uh oh ah i do don't know never mind nevermind got understood understand right correct
    wrong true false exactly indeed maybe perhaps really amazing helpful useful wonderful best bad funny one worked works
    talk talking chat to me now and all my friend man bro dude are u you're that's it's i'm meet pleased
    affirmative negative incorrect think thought so am leaving today will be
    """
)
"""A text of nothing but these is small talk."""

CHAT_STARTS = listed(
    "hi hello hey thanks thank bye goodbye sorry lol haha hahaha wow yes yeah yep no nope nah ok okay hmm cheers congrats "
    "welcome never nevermind great cool awesome perfect correct wrong"
)
"""A short text that starts with one of these, and asks nothing, is small talk too."""

DOINGS = listed(
    """
    cancel transfer send wire book order reorder pay turn switch set add remove delete erase play replay call dial text message email
    remind schedule reschedule reserve subscribe unsubscribe upgrade downgrade activate deactivate reactivate freeze unfreeze block
    unblock report refund return change update close open lock unlock pause resume mute unmute skip shuffle move put connect
    disconnect sync submit renew withdraw deposit increase decrease raise lower dim enable disable start stop launch
    register enroll enrol sign redeem exchange replace restart reset revoke authorize approve reject mark save
    archive forward reply print scan upload download share post publish assign invite ship track dispute escalate
    purchase buy sell charge credit confirm checkin file apply claim stream rate log arrange terminate request rename merge
    """
)
"""Verbs that, at the head of a request, ask for something to be done in the world."""

NOUNS_TOO = listed(
    "text email message file set mark log print stream post track claim charge credit wire rate request test dial order report share"
)
"""Of these verbs a bare one may be a noun: it asks for something only before a word of POINTERS or behind politeness."""

POINTERS = listed("a an the my this that these those me us him her it our all some every any up to for two three")

NOT_DONE = listed(
    "code script program function loop query class method list array string sentence paragraph text following letters "
    "file poem story essay python javascript java sql html css regex variable essays into equation recipe recipes"
)
"""Objects that make a verb of DOINGS something to be written rather than done."""

WISHED_THINGS = listed(
    "card checks check refund cab taxi ride pizza agent human representative replacement receipt ticket"
)
"""After "i need" and "i want": things that are asked for by naming them."""

HOLDERS = listed(
    "president prime minister ceo cto cfo king queen chancellor governor mayor coach manager captain champion champions host speaker pope "
    "secretary chairman chairwoman senator head leader director owner holder richest tallest oldest youngest ambassador"
)
"""Offices and records that pass on: "who is" and one of these asks about today."""

MATTERS = listed(
    "account accounts card cards pin phone transfer transfers payment payments statement withdrawal transaction transactions"
)
"""Of RECORDS those that people mostly name to say what went wrong with them: a weak sign that a record is asked for."""

RECORDS = listed(
    """
    account accounts balance order orders package packages parcel delivery shipment appointment appointments bill bills calendar meeting
    meetings schedule flight flights booking bookings reservation reservations payment payments paycheck salary payday
    income invoice invoices transaction transactions statement subscription plan policy claim points miles rewards
    score credit refund ticket tickets application messages emails inbox notifications alarms reminders tasks todo
    list playlist contacts history purchase purchases spending expenses savings mortgage rent loan debt limit apr pto vacation leave
    days prescription results test tests chart symptoms weight sleep steps workout location address number phone iphone
    name birthday age size insurance deductible coverage benefits paystub taxes w2 tire tires oil car keys luggage bag boarding
    gate seat itinerary lease contract representative manager team grade grades homework class classes usage data quota
    401k pin visa passport deposit deposits withdrawal transfer top-up topup status eligibility electricity water gas
    """
)
"""What belongs to one asker: "my" and one of these within a few words is personal."""

LIVE = (
    "now|right now|at the moment|currently|price of|price|prices|stock price|score|scores|traffic|exchange rate|bitcoin|stock|"
    "trading|what time is it|down right now|is down|live|market cap|gas prices|is leading|open now"
)
DAILY = (
    "today|tonight|tomorrow|yesterday|this morning|this evening|last night|weather|forecast|news|headlines|trending|"
    "this weekend|this week|raining|next bus|next train|is playing|are playing|days until|days left|latest news|rain|snow"
)
"""Phrases that tell how fast what is asked moves (see PACES)."""

ENGLISH = listed(
    """
    the of and to in is it you that he was for on are with as i his they be at this have from or had by but what all were we
    when your can said there use an each which she do how their if will up other about out many then them these so some
    her would make like him into time has look more write go see no way could people my than been who its now find did
    get come made may part why where does should please thanks hi hello yes not me am tell show give explain best
    """
)
FOREIGN = listed(
    """
    el la los las un una de del que en por para con mi tu su es como cual cuando donde quien puedo quiero hola gracias cómo
    qué cuál der die das und ist ich nicht ein eine wie mein meine wo wann warum kann für mit auf dem den zu bitte le les une
    des du et est je mon ma comment pourquoi quand où qui quoi quel quelle puis pour avec il lo gli che di non mio mia come
    perché quando dove posso per os um uma não meu minha onde quem eu het een ik niet mijn hoe waar waarom wat kan voor
    """
)
