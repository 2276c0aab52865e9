"""Promises of crowkis/doors/signins.py: a cookie stands for what was shown, for a while, and nobody can guess it."""

from crowkis.doors.signins import LIFE_S, SIGN_INS_MAX, SignIns, csrf_fits


def test_a_cookie_stands_for_the_key_until_its_time_is_up():
    signs = SignIns()
    cookie, made = signs.begin("secret", 100.0)

    assert "secret" == signs.of(cookie, 101.0).key == made.key
    assert signs.of(cookie + "x", 101.0) is None
    assert signs.of(cookie, 100.0 + LIFE_S) is None
    assert signs.of(cookie, 101.0) is None, "it is over for good"


def test_signing_out_ends_it_and_twice_is_no_error():
    signs = SignIns()
    cookie, _ = signs.begin("secret", 0.0)
    signs.end(cookie)
    signs.end(cookie)

    assert signs.of(cookie, 1.0) is None


def test_no_two_are_alike_and_the_second_secret_is_compared_whole():
    signs = SignIns()
    (one, first), (two, second) = (signs.begin("k", 0.0) for _ in range(2))

    assert one != two
    assert first.csrf != second.csrf
    assert csrf_fits(first, first.csrf)
    assert not any(csrf_fits(first, wrong) for wrong in ("", second.csrf, first.csrf[:-1], first.csrf + "x", "\ud800"))


def test_beyond_the_limit_the_oldest_ends():
    signs = SignIns()
    cookies = [signs.begin("k", 0.0)[0] for _ in range(SIGN_INS_MAX + 1)]

    assert [None, True] == [signs.of(cookies[place], 1.0) and True for place in (0, 1)]
