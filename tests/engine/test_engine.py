"""Promises of crowkis/engine/engine.py: names of entries, and cursors."""

from hypothesis import given
from hypothesis import strategies as st

from crowkis.engine.engine import Cursors, entry_id_of
from crowkis.values.question import Context, Scope

SCOPE = Scope("t", "n", "m", "1")


def test_an_entry_is_named_by_its_text_in_normal_form_and_its_scope():
    name = entry_id_of("How do I log in?", SCOPE)

    assert 16 == len(name)
    assert name == entry_id_of("  How do I\tlog in?\n", SCOPE)
    others = [SCOPE._replace(**{field: "x"}) for field in Scope._fields]
    assert 6 == len(
        {name, entry_id_of("How do I log out?", SCOPE), *(entry_id_of("How do I log in?", o) for o in others)}
    )


@given(st.tuples(st.text(max_size=3), st.text(max_size=3)), st.tuples(st.text(max_size=3), st.text(max_size=3)))
def test_parts_of_a_scope_do_not_run_together(one, other):
    assert (one == other) == (entry_id_of("q", Scope(*one, "", "")) == entry_id_of("q", Scope(*other, "", "")))


def test_history_names_an_answer_where_its_text_leans_and_instructions_always():
    def names(text):
        contexts = (Context("", ""), Context("", "h"), Context("", "other"), Context("i", ""), Context("i", "h"))
        return len({entry_id_of(text, SCOPE, context) for context in contexts})

    assert 2 == names("How do I reset my password?")
    assert 5 == names("How much does it cost?")


def test_an_image_names_an_answer_and_is_not_mistaken_for_a_context():
    text = "How much does it cost?"
    told = {
        entry_id_of(text, SCOPE),
        entry_id_of(text, SCOPE, image="x"),
        entry_id_of(text, SCOPE, Context("x", "")),
        entry_id_of(text, SCOPE, Context("", "x")),
    }

    assert 4 == len(told)


def test_a_long_text_has_a_name_too():
    assert entry_id_of("word " * 5_000, SCOPE) == entry_id_of("word " * 5_000 + " ", SCOPE)


def test_cursors_are_kept_up_to_a_limit_and_then_start_over():
    cursors = Cursors()
    numbers = [cursors.hold(b"%d" % number) for number in range(Cursors.CURSORS_MAX + 1)]

    assert len(numbers) == len(set(numbers))
    assert 0 not in numbers
    assert (None, None) == (cursors.after(0), cursors.after(numbers[0]))
    assert (b"1", b"%d" % Cursors.CURSORS_MAX) == (cursors.after(numbers[1]), cursors.after(numbers[-1]))
