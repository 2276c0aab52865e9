"""Promises of crowkis/doors/tokens.py: a token is believed for a signature by a key of the set, for nothing else."""

import asyncio
import base64
import hashlib
import hmac
import json
import time

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from crowkis.doors import tokens as tested
from crowkis.doors.tokens import Bearer, TokenError, Tokens
from crowkis.settings import Settings

RSA = rsa.generate_private_key(65537, 2048)
OTHER = rsa.generate_private_key(65537, 2048)
CURVE = ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()
CLAIMS = {"sub": "ada", "aud": "crowkis", "iss": "https://id.example", "tenant": "acme", "role": "writer"}


def public(key, kid, algorithm=None):
    """A private key's public half as a row of a key set."""
    maker = {rsa.RSAPrivateKey: jwt.algorithms.RSAAlgorithm, ec.EllipticCurvePrivateKey: jwt.algorithms.ECAlgorithm,
             ed25519.Ed25519PrivateKey: jwt.algorithms.OKPAlgorithm}  # fmt: skip
    shape = next(made for kind, made in maker.items() if isinstance(key, kind))
    row = json.loads(shape.to_jwk(key.public_key())) | {"kid": kid}
    return row | ({"alg": algorithm} if algorithm else {})


def token(key=RSA, algorithm="RS256", kid="one", head=None, **claims):
    told = {**CLAIMS, "exp": int(time.time()) + 600, **claims}
    told = {name: value for name, value in told.items() if value is not None}
    headers = {**({"kid": kid} if kid else {}), **(head or {})}
    return jwt.encode(told, key, algorithm, headers=headers)


def packed(value):
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


class Clock:
    now_s = 1_000.0

    def __call__(self):
        return self.now_s


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def key_file(tmp_path):
    path = tmp_path / "keys.json"
    path.write_text(json.dumps({"keys": [public(RSA, "one", "RS256"), public(CURVE, "two"), public(EDWARDS, "three")]}))
    return path


@pytest.fixture
def believe(key_file, clock):
    """believe(token, **settings): whom the token names; the same Tokens within a test."""
    made = []

    def run(shown, **settings):
        if settings or not made:
            given = {"jwt_jwks": str(key_file), "jwt_audience": "crowkis", **settings}
            made[:] = [Tokens(Settings(**given), clock, lambda *args, **facts: None)]
        return asyncio.run(made[0].bearer(shown))

    return run


def test_a_right_token_names_somebody(believe):
    assert Bearer("ada", "writer", "acme") == believe(token())
    assert Bearer("ada", "writer", "acme") == believe(token(CURVE, "ES256", "two"))
    assert Bearer("ada", "writer", "acme") == believe(token(EDWARDS, "EdDSA", "three"))


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"key": OTHER}, "signature"),
        ({"exp": int(time.time()) - 600}, "expired"),
        ({"exp": None}, "exp"),
        ({"aud": "others"}, "aud"),
        ({"aud": None}, "aud"),
        ({"nbf": int(time.time()) + 600}, "claims"),
        ({"kid": "none of them"}, "kid"),
        ({"kid": "two"}, "kid"),
        ({"algorithm": "RS512"}, "kid"),
        ({"tenant": None}, "tenant"),
        ({"tenant": 7}, "tenant"),
        ({"tenant": ""}, "tenant"),
        ({"tenant": "a:b"}, "tenant"),
        ({"role": "root"}, "role"),
        ({"role": ["admin"]}, "role"),
    ],
)
def test_a_wrong_token_names_nobody(believe, wrong, why):
    with pytest.raises(TokenError, match=why):
        believe(token(**wrong))


def test_no_algorithm_without_a_public_key_is_believed(believe):
    body = packed({**CLAIMS, "exp": int(time.time()) + 600})
    for name in ("none", "None", "NONE", "", None, "HS256", "HS512", 7):
        with pytest.raises(TokenError):
            believe(f"{packed({'alg': name, 'kid': 'one'})}.{body}.")


def test_the_public_key_is_not_taken_for_a_shared_secret(believe):
    pem = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    signed = f"{packed({'alg': 'HS256', 'kid': 'one'})}.{packed({**CLAIMS, 'exp': int(time.time()) + 600})}"
    forged = f"{signed}.{packed(hmac.new(pem, signed.encode(), hashlib.sha256).digest())}"
    with pytest.raises(TokenError, match="public key"):
        believe(forged)


def test_where_a_token_says_its_key_lies_is_not_looked_at(believe):
    mine = {"jwk": public(OTHER, "one"), "jku": "http://127.0.0.1:9/keys", "x5u": "http://127.0.0.1:9/cert"}
    with pytest.raises(TokenError, match="signature"):
        believe(token(OTHER, head=mine))


@pytest.mark.parametrize("nonsense", ["", "a.b.c", "..", "a" * 20_000, "\x00.\x00.\x00", "é.é.é"])
def test_nonsense_is_refused_and_not_an_error_of_ours(believe, nonsense):
    with pytest.raises(TokenError):
        believe(nonsense)


def test_a_symmetric_key_in_the_set_makes_nothing_right(believe, key_file):
    secret = b"0" * 32
    key_file.write_text(json.dumps({"keys": [{"kty": "oct", "kid": "one", "k": packed(secret), "alg": "HS256"}]}))
    with pytest.raises(TokenError):
        believe(token(secret, "HS256"))


def test_the_issuer_counts_where_one_is_set(believe):
    assert "ada" == believe(token(), jwt_issuer="https://id.example").name
    with pytest.raises(TokenError, match="iss"):
        believe(token(iss="https://evil.example"))
    with pytest.raises(TokenError, match="iss"):
        believe(token(iss=None))


def test_claims_may_be_called_otherwise_or_left_out(believe):
    told = token(tenant=None, role=None, org="zoo", sub=None)

    assert Bearer("", "auditor", "zoo") == believe(told, jwt_tenant_claim="org", jwt_role="auditor")
    assert Bearer("", "reader", "") == believe(told, jwt_tenant_claim="", jwt_role_claim="")


def test_a_token_without_kid_needs_the_only_key_that_fits(believe, key_file):
    assert "ada" == believe(token(kid=None)).name
    key_file.write_text(json.dumps({"keys": [public(RSA, "one"), public(OTHER, "two")]}))
    with pytest.raises(TokenError, match="kid"):
        believe(token(kid=None), jwt_issuer="")


def test_a_new_key_is_learnt_but_the_set_is_not_read_for_each_unknown_one(believe, key_file, clock, monkeypatch):
    assert "ada" == believe(token()).name
    key_file.write_text(json.dumps({"keys": [public(OTHER, "new")]}))
    with pytest.raises(TokenError, match="kid"):
        believe(token(OTHER, kid="new"))
    clock.now_s += tested.REREAD_S
    assert "ada" == believe(token(OTHER, kid="new")).name
    with pytest.raises(TokenError, match="kid"):
        believe(token())


def test_while_the_set_cannot_be_read_the_old_one_holds(believe, key_file, clock):
    assert "ada" == believe(token()).name
    for damage in ("not JSON", '{"keys": []}', "[]"):
        key_file.write_text(damage)
        clock.now_s += tested.OLD_S + 1
        assert "ada" == believe(token()).name
    key_file.unlink()
    clock.now_s += tested.OLD_S + 1
    assert "ada" == believe(token()).name


def test_without_any_set_nobody_is_believed(believe):
    with pytest.raises(TokenError, match="no key set"):
        believe(token(), jwt_jwks="/nowhere/keys.json")
