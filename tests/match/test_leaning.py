"""Promises of crowkis/match/leaning.py: what leans on its history is told from what stands alone."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from crowkis.match.leaning import CHECKS, leaning, leans
from crowkis.values.question import HANGS, LEANS, NOT_LEANING, STANDS

ALONE = """
How much does it cost to fly to Rome?
Does it mean that banks close?
Is it raining in Rome?
Is delivery free?
How do I reset my password?
What is the capital of Peru?
Who painted the Mona Lisa?
Is it safe to drink rain water?
Is it possible to pay by card?
What time is it in Tokyo?
How long does it usually take to heal a broken arm?
What's it like living in Oslo?
It's been a week since I ordered my card.
I have a new card. How do I activate it?
My wife lost her passport; what should she do?
Does anybody know what they want?
Are there people who never sleep?
Is there a fee for cash?
What is the best way to cook rice?
Which one is cheaper: the bus or the train?
Why did I get a letter this morning?
I heard that prices will rise.
Who are those who never sleep?
Can I move money from one account to another?
Where can I find more than ten recipes?
Is a bus cheaper than a train?
What did Ann buy besides bread and what else?
Please translate "good morning" to French
Explain why the sky is blue
Who are you?
hello
What does an IT consultant do?
"""

HANGING = """
And for students?
but why
Why did he do that?
What about the second one?
How about tomorrow?
make it shorter
yes
ok, continue
Was it successful?
Where were they born?
What is this?
Why is that?
How does that work?
What did she think of those?
Which one is better?
the blue one
not that one
Can you explain that again?
Rewrite your previous response as a poem.
How does it fit with what we discussed?
As you said, we should wait
Summarize the above
the former or the latter
the same again
Translate to German
Can you elaborate?
explain more
Tell me more
more examples please
Give me another example
Who else?
Are there any other interesting things?
What happened afterwards?
Why?
How much?
What do you mean?
in French please
Now make a table
The last answer was wrong
What was the output?
what happens next
How do I get there?
"""

PERHAPS = """
Does it cost more than ten euros?
Does it take credit cards?
Is it good for children?
Is it working in Europe?
Is it hot?
What happened in 2008?
Did Ann leave?
When was the album released?
Why was this payment declined?
Is there a cheaper plan?
What if I lose my card?
So the transfer finally worked
Was there a scandal?
what shipping term?
Has the other team won?
Does anyone else have a problem with Netflix?
Do you have other colours?
Can I pay with my card too?
What were the previous year's figures?
"""


def lines(text):
    return [line for line in text.splitlines() if line]


@pytest.mark.parametrize("text", lines(ALONE))
def test_a_question_that_says_all_it_needs_stands_alone(text):
    assert NOT_LEANING == leaning(text)
    assert not leans(text)


@pytest.mark.parametrize("text", lines(HANGING))
def test_a_question_that_cannot_be_understood_alone_hangs(text):
    assert HANGS == leaning(text).degree
    assert leans(text)


@pytest.mark.parametrize("text", lines(PERHAPS))
def test_a_question_that_may_point_back_leans(text):
    assert LEANS == leaning(text).degree


def test_the_words_that_show_it_are_told():
    assert "he lose" == leaning("Which match did he lose?").words
    assert "the album" == leaning("When was the album released?").words


def test_a_pronoun_far_into_a_long_text_does_not_make_it_hang():
    words = "please write a report on solar power and wind power for my class " * 2

    assert LEANS == leaning(words + "then send it to him").degree


def test_a_name_answers_a_pronoun_only_where_grammar_allows():
    assert STANDS == leaning("Did Ann Miller say that she was ill?").degree
    assert HANGS == leaning("Did Ann like him?").degree


@given(st.text())
@example(":.\u00b9")
def test_any_text_has_a_degree_and_always_the_same(text):
    found = leaning(text)

    assert found == leaning(text)
    assert found.degree in (STANDS, LEANS, HANGS)
    assert bool(found.words) == (found.degree > STANDS)


@given(st.lists(st.sampled_from([*sorted(CHECKS), "which", "is", "Ann", "card", ",", "to"]), max_size=12))
def test_any_order_of_pointing_words_is_read(words):
    assert leaning(" ".join(words)).degree in (STANDS, LEANS, HANGS)


def test_only_the_ends_of_a_huge_text_are_looked_at():
    filler = "a word " * 5_000

    assert STANDS == leaning(f"{filler} what did he do? {filler}").degree
    assert leans(f"{filler} Now rewrite your previous answer.")


@pytest.mark.parametrize("text", ["", "?!", "...", "\n"])
def test_what_has_no_words_stands_alone(text):
    assert STANDS == leaning(text).degree


@pytest.mark.parametrize(
    "text", ["日本の首都は", "Сколько это стоит?", "Wie viel kostet es?", "¿Por qué?", "Pourquoi ça"]
)
def test_what_is_not_english_may_point_back(text):
    assert LEANS == leaning(text).degree
