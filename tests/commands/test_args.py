"""Promises of crowkis/commands/args.py: the grammar every word shares."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import crowkis.commands  # noqa: F401 - declares the words
from crowkis.commands.args import (
    BLOB,
    KEY,
    TENANT,
    TEXT,
    VECTOR,
    WORD,
    arg,
    arity_of,
    choice,
    compile_parser,
    flag,
    opt,
    real,
    syntax_of,
    whole,
)
from crowkis.commands.registry import COMMANDS
from crowkis.values.errors import CommandError
from crowkis.values.limits import QUESTION_BYTES_MAX, TENANT_CHARS_MAX, VECTOR_DIMENSION_MAX

STORE = (
    arg("query", TEXT), arg("answer", BLOB), opt("seconds", whole(1, 100), token="EX", group="expiry"),
    opt("milliseconds", whole(1, 100), token="PX", group="expiry"), opt("tenant", TENANT, default="default"),
    opt("tag", WORD, repeated=True), flag("quiet"),
)  # fmt: skip
COUNTED = (arg("numkeys", whole(1)), arg("key", KEY, counted=True), arg("end", choice("LEFT", "RIGHT")), flag("quiet"),
           opt("limit", whole(), takes=("offset", "count")))  # fmt: skip
LEADING = (arg("key", KEY), flag("nx"), opt("limit", whole(), takes=("offset", "count")), arg("member", BLOB),
           arg("more", BLOB, repeated=True, optional=True))  # fmt: skip
LIST = (opt("kind", WORD), opt("id", whole(), many=True), flag("quiet"))


def parse(parameters, *request, head=1, name="STORE"):
    return compile_parser(name, head, parameters)([name.encode(), *request])


def refused(parameters, *request):
    with pytest.raises(CommandError) as caught:
        parse(parameters, *request)
    assert caught.value.code == "ERR"
    return caught.value.text


class TestDeclaration:
    def test_arity_counts_the_word_and_is_negative_where_more_may_follow(self):
        assert 1 == arity_of(1, ())
        assert 2 == arity_of(1, (arg("key", KEY),))
        assert -3 == arity_of(1, STORE)
        assert -2 == arity_of(1, (arg("key", KEY, repeated=True),))
        assert -1 == arity_of(1, (arg("key", KEY, repeated=True, optional=True),))
        assert 3 == arity_of(2, (arg("name", KEY),))

    def test_syntax_shows_what_is_optional_repeated_or_exclusive(self):
        assert (
            "STORE query answer [EX seconds | PX milliseconds] [TENANT tenant] [TAG tag] ... [QUIET]"
            == syntax_of("STORE", STORE)
        )  # fmt: skip
        assert "LIST [KIND kind] [ID id [id ...]] [QUIET]" == syntax_of("LIST", LIST)
        assert "DEL key [key ...]" == syntax_of("DEL", (arg("key", KEY, repeated=True),))
        assert "W numkeys key [key ...] LEFT|RIGHT [QUIET] [LIMIT offset count]" == syntax_of("W", COUNTED)
        assert "W key [NX] [LIMIT offset count] member [more] ..." == syntax_of("W", LEADING)
        assert "PING [message]" == syntax_of("PING", (arg("message", KEY, optional=True),))

    def test_the_arity_of_a_word_is_what_its_parser_asks_for(self):
        for made in COMMANDS.values():
            words = made.name.encode().split()
            if not made.subcommands and abs(made.arity) > len(words):
                with pytest.raises(CommandError, match="wrong number of arguments"):
                    made.parse(words + [b"0"] * (abs(made.arity) - len(words) - 1))


class TestParsing:
    def test_options_come_in_any_order_and_case(self):
        expected = parse(STORE, b"q", b"a", b"EX", b"5", b"TENANT", b"acme", b"TAG", b"x", b"QUIET")

        assert expected == parse(STORE, b"q", b"a", b"quiet", b"Tag", b"x", b"tenant", b"acme", b"eX", b"5")
        assert ("q", b"a", 5, None, "acme", ("x",), True) == expected

    def test_what_is_not_given_has_its_default(self):
        assert ("q", b"a", None, None, "default", (), False) == parse(STORE, b"q", b"a")

    def test_a_repeated_option_gathers(self):
        assert ("x", "y", "x") == parse(STORE, b"q", b"a", b"TAG", b"x", b"TAG", b"y", b"TAG", b"x").tag

    def test_an_option_of_many_values_takes_those_up_to_the_next_option(self):
        assert (None, (1, 2, 3), False) == parse(LIST, b"ID", b"1", b"2", b"3")
        assert ("x", (1, 2), True) == parse(LIST, b"id", b"1", b"2", b"kind", b"x", b"quiet")
        assert ("x", (1, 2, 3), False) == parse(LIST, b"ID", b"1", b"KIND", b"x", b"ID", b"2", b"3")
        assert "ID needs a value" in refused(LIST, b"KIND", b"x", b"ID")
        assert "ID is not an integer" in refused(LIST, b"ID", b"1", b"x")

    @pytest.mark.parametrize(
        ("request_", "told"),
        [
            ((b"q",), "wrong number of arguments"),
            ((b"q", b"TENANT", b"acme"), "answer is missing before TENANT"),
            ((b"EX", b"5", b"q"), "query is missing before EX"),
            ((b"q", b"a", b"NONSENSE"), "syntax error at argument 3"),
            ((b"q", b"a", b"TENANT"), "TENANT needs a value"),
            ((b"q", b"a", b"EX", b"5", b"EX", b"5"), "EX cannot follow EX"),
            ((b"q", b"a", b"EX", b"5", b"PX", b"5"), "PX cannot follow EX"),
            ((b"q", b"a", b"QUIET", b"QUIET"), "QUIET cannot follow QUIET"),
            ((b"q", b"a", b"EX", b"101"), "EX must be an integer from 1 to 100"),
            ((b"q", b"a", b"EX", b"x"), "EX must be an integer from 1 to 100"),
            ((b"", b"a"), "query must not be empty"),
            ((b"\xff", b"a"), "query must be valid UTF-8"),
            ((b"q", b"a", b"TENANT", b"a:b"), "TENANT must be 1 to"),
        ],
    )
    def test_an_error_names_the_argument(self, request_, told):
        assert told in refused(STORE, *request_)

    def test_too_many_arguments_without_options_are_a_wrong_count(self):
        assert "wrong number of arguments for 'get'" in refused_named("GET", (arg("key", KEY),), b"a", b"b")

    def test_a_repeated_positional_takes_all_that_is_left(self):
        assert (b"a", b"b", b"EX") == parse((arg("key", KEY, repeated=True),), b"a", b"b", b"EX").key

    def test_a_number_says_how_often_the_next_argument_is_given(self):
        assert (2, (b"a", b"b"), "LEFT", True, None) == parse(COUNTED, b"2", b"a", b"b", b"left", b"quiet")
        assert "fewer key than said" in refused(COUNTED, b"3", b"a", b"LEFT")
        assert "wrong number of arguments" in refused(COUNTED, b"2", b"a", b"LEFT")
        assert "syntax error at argument 5" in refused(COUNTED, b"2", b"a", b"b", b"LEFT", b"c")
        assert "numkeys" in refused(COUNTED, b"0", b"a", b"LEFT")

    def test_an_option_may_take_several_named_values(self):
        assert (1, 2) == parse(COUNTED, b"1", b"a", b"LEFT", b"LIMIT", b"1", b"2").limit
        assert "LIMIT needs offset and count" in refused(COUNTED, b"1", b"a", b"LEFT", b"LIMIT", b"1")

    def test_options_declared_before_a_positional_stand_before_it(self):
        assert (b"k", True, (1, 2), b"m", (b"NX",)) == parse(LEADING, b"k", b"limit", b"1", b"2", b"nx", b"m", b"NX")
        assert (b"k", False, None, b"m", ()) == parse(LEADING, b"k", b"m")
        assert "wrong number of arguments" in refused(LEADING, b"k", b"NX")

    def test_an_optional_positional_gives_way_to_an_option_with_its_value(self):
        csim = (arg("query", TEXT), arg("other", TEXT, optional=True), opt("k", whole(1, 9)))

        assert ("q", "other", None) == parse(csim, b"q", b"other")
        assert ("q", None, 3) == parse(csim, b"q", b"K", b"3")
        assert ("q", "K", None) == parse(csim, b"q", b"K")
        assert ("q", "other", 3) == parse(csim, b"q", b"other", b"k", b"3")


def refused_named(name, parameters, *request):
    with pytest.raises(CommandError) as caught:
        compile_parser(name, 1, parameters)([name.encode(), *request])
    return caught.value.text


SAMPLES = {"integer": b"7", "double": b"0.5", "key": b"k", "string": b"word"}
WITH_OPTIONS = sorted(
    made.name for made in COMMANDS.values()
    if made.category == "semantic" and made.writes and any(row.token and not row.flag for row in made.parameters)
    and any(not row.token for row in made.parameters)
)  # fmt: skip


@given(st.data())
def test_a_request_without_its_last_positional_never_stores_an_option_in_its_place(data):
    made = COMMANDS[data.draw(st.sampled_from(WITH_OPTIONS))]
    places = [row for row in made.parameters if not row.token]
    options = data.draw(
        st.lists(st.sampled_from([row for row in made.parameters if row.token and row.name != "vector"]), min_size=1)
    )
    request = made.name.encode().split() + [SAMPLES[row.kind.type] for row in places[:-1]]
    for row in options:
        token = data.draw(st.sampled_from([row.token, row.token.lower(), row.token.title()])).encode()
        request += [token] if row.flag else [token, SAMPLES[row.kind.type]]

    with pytest.raises(CommandError):
        made.parse(request)


ARGUMENTS = st.lists(st.binary(max_size=8) | st.sampled_from([b"TENANT", b"EX", b"5", b"nx"]), max_size=6)


@given(st.sampled_from(sorted(name for name, made in COMMANDS.items() if not made.subcommands)), ARGUMENTS)
def test_no_request_makes_a_parser_fail_in_another_way(name, arguments):
    made = COMMANDS[name]
    try:
        args = made.parse(made.name.encode().split() + arguments)
    except CommandError:
        return

    assert len(made.parameters) == len(args)


class TestKinds:
    @pytest.mark.parametrize("raw", [b"0", b"-1", b"42", b"9223372036854775807", b"-9223372036854775808"])
    def test_whole_numbers_are_read(self, raw):
        assert int(raw) == whole().convert(raw)

    @pytest.mark.parametrize(
        "raw",
        [b"", b"-", b"+1", b"01", b"-0", b" 1", b"1 ", b"1.0", b"1_0", b"9223372036854775808", b"1" * 30, "١".encode()],
    )
    def test_whole_numbers_are_written_one_way_only(self, raw):
        with pytest.raises(ValueError, match="integer"):
            whole().convert(raw)

    @pytest.mark.parametrize("raw", [b"0", b"1", b"0.5", b"1e-3", b".5"])
    def test_fractions_are_read(self, raw):
        assert float(raw) == real(0, 1).convert(raw)

    @pytest.mark.parametrize("raw", [b"", b"x", b"nan", b"inf", b"-0.1", b"1.1", b"0_1", b" 1", b"0.5\n"])
    def test_what_is_no_fraction_is_refused(self, raw):
        with pytest.raises(ValueError, match="number from 0 to 1"):
            real(0, 1).convert(raw)

    @pytest.mark.parametrize("raw", [b"inf", b"-inf", b"nan", b"1e999"])
    def test_no_number_is_infinite(self, raw):
        with pytest.raises(ValueError, match="valid float"):
            real().convert(raw)

    def test_a_choice_is_read_in_any_case(self):
        kind = choice("ON", "OFF")

        assert "ON" == kind.convert(b"on")
        with pytest.raises(ValueError, match="ON, OFF"):
            kind.convert(b"maybe")

    def test_a_tenant_is_a_short_printable_name_without_separators(self):
        assert "Straße 7" == TENANT.convert("Straße 7".encode())
        for raw in (b"", b"a:b", b"a~b", b"a\n", b"\xff", b"x" * (TENANT_CHARS_MAX + 1)):
            with pytest.raises(ValueError, match="must be"):
                TENANT.convert(raw)

    def test_a_question_has_words_and_an_end(self):
        assert " q " == TEXT.convert(b" q ")
        assert QUESTION_BYTES_MAX == len(TEXT.convert(b"x" * QUESTION_BYTES_MAX))
        for raw in (b"", b" \n\t", "\u2003".encode(), b"x" * (QUESTION_BYTES_MAX + 1), b"\xc3"):
            with pytest.raises(ValueError, match="must"):
                TEXT.convert(raw)

    def test_a_vector_is_brought_to_unit_length(self):
        vector = VECTOR.convert(np.array([3, 4], "<f4").tobytes())

        assert [np.float32(0.6), np.float32(0.8)] == list(vector)
        assert np.float32 == vector.dtype

    @pytest.mark.parametrize(
        "raw", [b"", b"abc", np.zeros(3, "<f4").tobytes(), np.array([1, math.nan], "<f4").tobytes(),
                np.array([math.inf], "<f4").tobytes(), b"\0\0\x80\x3f" * (VECTOR_DIMENSION_MAX + 1)],
    )  # fmt: skip
    def test_what_is_no_vector_is_refused(self, raw):
        with pytest.raises(ValueError, match="must"):
            VECTOR.convert(raw)


WORDED = st.lists(
    st.sampled_from(
        [b"q", b"CONTEXT", b"c", b'[{"role": "user", "content": "x"}]', b"TENANT", b"t:", b"TAG", b"a", b"MODEL"]
    ),
    max_size=8,
)


@given(WORDED)
def test_a_request_asked_again_is_read_as_the_first_time(rest):
    def told():
        try:
            return COMMANDS["CGET"].parse([b"CGET", *rest])
        except CommandError as error:
            return error.text

    first = told()

    assert [first] * 2 == [told(), told()]
