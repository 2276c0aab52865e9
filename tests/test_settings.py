"""Promises of crowkis/settings.py: one table, four sources, and every mistake named."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crowkis.settings import (
    BY_NAME,
    SETTINGS,
    SettingError,
    Settings,
    fraction,
    load,
    load_file,
    one_of,
    parse_value,
    size,
    switch,
    unknown_environment,
    whole,
)


@pytest.fixture
def file(tmp_path):
    def write(text):
        path = tmp_path / "crowkis.toml"
        path.write_text(text)
        return path

    return write


class TestTable:
    def test_every_row_has_its_attribute_and_says_what_it_does(self):
        assert len(SETTINGS) == len(BY_NAME)
        for row in SETTINGS:
            assert row.name in Settings.__annotations__
            assert row.help.endswith(".")
            assert f"CROWKIS_{row.name.upper()}" == row.env

    def test_every_default_is_a_value_that_may_be_set(self):
        for row in SETTINGS:
            text = Settings().shown(row.name) if not row.secret else ""
            assert row.default == row.parse(text)

    def test_secrets_are_never_shown(self):
        settings = Settings(auth_token="hidden")

        assert ("(set)", "") == (settings.shown("auth_token"), settings.shown("embed_key"))


class TestSources:
    def test_a_flag_beats_the_file_the_file_the_environment_the_environment_the_default(self, file):
        path = file("[cache]\nsimilarity_min = 0.7\ndefault_ttl_s = 7\n")
        environ = {"CROWKIS_SIMILARITY_MIN": "0.6", "CROWKIS_DEFAULT_TTL_S": "6", "CROWKIS_INBOX_CALLS": "60"}
        settings = load({"similarity_min": "0.8"}, environ, path)

        assert (0.8, 7, 60) == (settings.similarity_min, settings.default_ttl_s, settings.inbox_calls)
        assert BY_NAME["max_connections"].default == settings.max_connections

    def test_a_file_may_hold_numbers_words_and_switches(self, file):
        path = file('[log]\nstructured_logs = true\n[server]\nbind_port = 7000\noutput_buffer_bytes = "1m"\n')
        settings = load({}, {}, path)

        assert (True, 7000, 1 << 20) == (settings.structured_logs, settings.bind_port, settings.output_buffer_bytes)

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("[cache]\nnonsense = 1\n", "unknown key cache.nonsense"),
            ("[nonsense]\n", r"unknown section \[nonsense\]"),
            ("bind_port = 1\n", r"unknown section \[bind_port\]"),
            ("[cache]\nbind_port = 1\n", "unknown key cache.bind_port"),
            ("[server]\nbind_port = [1]\n", "server.bind_port must be a single value"),
            ("[server\n", "cannot read settings file"),
        ],
    )
    def test_a_mistake_in_the_file_is_named(self, file, text, told):
        with pytest.raises(SettingError, match=told):
            load_file(file(text))

    def test_a_file_that_is_not_there_is_named(self, tmp_path):
        with pytest.raises(SettingError, match=r"none\.toml"):
            load_file(tmp_path / "none.toml")

    def test_the_place_of_a_wrong_value_is_named(self, file):
        for flags, environ, path, told in (
            ({"bind_port": "x"}, {}, None, "--bind-port must be a whole number from 0 to 65535 .it is 'x'."),
            ({}, {"CROWKIS_BIND_PORT": "70000"}, None, "CROWKIS_BIND_PORT must be from 0 to 65535"),
            ({}, {}, file("[server]\nbind_port = -1\n"), r"crowkis.toml: server.bind_port must be"),
        ):
            with pytest.raises(SettingError, match=told):
                load(flags, environ, path)

    def test_a_stranger_in_the_environment_is_named_and_others_are_not(self):
        environ = {"CROWKIS_NONSENSE": "1", "CROWKIS_BIND_PORT": "1", "CROWKIS_TOKEN": "t", "PATH": "/bin"}

        assert ["CROWKIS_NONSENSE"] == unknown_environment(environ)

    def test_put_sets_one_value_or_says_why_not(self):
        settings = Settings()
        settings.put("similarity_min", "0.5")

        assert 0.5 == settings.similarity_min
        with pytest.raises(SettingError, match="unknown setting 'nonsense'"):
            settings.put("nonsense", "1")
        with pytest.raises(SettingError, match="similarity_min must be"):
            settings.put("similarity_min", "2")


class TestKinds:
    @pytest.mark.parametrize(
        ("text", "value"),
        [("1024", 1024), ("1k", 1024), ("2M", 2 << 20), ("1.5g", 3 << 29), ("64kb", 1 << 16), ("0", 0)],
    )
    def test_sizes_have_units(self, text, value):
        assert value == size(0, 1 << 40)(text)

    @pytest.mark.parametrize("text", ["", "k", "x", "-1", "1t", "1.5", "nan", "infg", "9999g"])
    def test_what_is_no_size_is_refused(self, text):
        with pytest.raises(SettingError):
            size(0, 1 << 40)(text)

    @pytest.mark.parametrize(("text", "value"), [("yes", True), ("ON", True), ("1", True), ("no", False), ("", False)])
    def test_switches_are_spelt_as_people_do(self, text, value):
        assert value is switch(text)

    def test_other_kinds_refuse_what_they_must(self):
        for parse, text in (
            (switch, "maybe"), (fraction, "x"), (fraction, "1.01"), (fraction, "nan"), (whole(1, 5), "0"),
            (whole(1, 5), "1.0"), (one_of("a", "b"), "c"),
        ):  # fmt: skip
            with pytest.raises(SettingError, match="must be"):
                parse(text)
        assert "a" == one_of("a", "b")("A")

    @given(st.sampled_from(SETTINGS), st.text(max_size=12))
    def test_no_text_makes_a_setting_fail_in_another_way(self, row, text):
        settings = Settings()
        try:
            settings.put(row.name, text)
        except SettingError:
            assert row.default == getattr(settings, row.name)


def test_letters_for_events_are_shown_as_redis_shows_them():
    parse = BY_NAME["notify_keyspace_events"].parse

    assert ["", "AKE", "$lKE", "AnKm", "gE"] == [parse(text) for text in ("", "KEA", "K$lE", "mKg$lshzxetdn", "Eg")]
    with pytest.raises(SettingError, match="must be of the letters"):
        parse("KEQ")


def test_lifetimes_are_by_path_or_by_the_beginning_of_a_models_name():
    found = parse_value(BY_NAME["gateway_ttls"], "/v1/responses=60, gpt-4*=0", "x")

    assert {"/v1/responses": 60, "gpt-4*": 0} == found
    assert "/v1/responses=60,gpt-4*=0" == str(found)
    for wrong in ("/v1/responses", "/v1/responses=-1", "gpt-4=5", "*=5", "/v1/responses=99999999999"):
        with pytest.raises(SettingError, match="must"):
            parse_value(BY_NAME["gateway_ttls"], wrong, "x")


def test_a_webhook_is_one_address():
    assert "http://h/x" == parse_value(BY_NAME["gateway_webhook"], "http://h/x", "x")
    for wrong in ("http://h,http://i", "ftp://h"):
        with pytest.raises(SettingError, match="must be"):
            parse_value(BY_NAME["gateway_webhook"], wrong, "x")
