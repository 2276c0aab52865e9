"""A browser's way in and out: who am I, sign in with a key, sign out. The cookie is all it keeps."""

from typing import Annotated

from msgspec import Meta, Struct
from starlette.responses import Response

from crowkis.doors.bodies import RefusedError
from crowkis.doors.endpoints import Asked, Endpoint, Visit, told
from crowkis.doors.guests import Guests, Known, same_origin
from crowkis.doors.signins import COOKIE, LIFE_S


class SignInAsked(Asked):
    """What a browser signs in with: the token, an API key or a JSON Web Token."""

    key: Annotated[str, Meta(min_length=1, max_length=16_384)]


class Session(Struct):
    """Who somebody is; with `known` false: nobody."""

    known: bool
    name: str = ""
    role: str = ""
    tenant: str | None = None
    csrf: str = ""


class Sessions:
    """The three ways to ask."""

    def __init__(self, guests: Guests) -> None:
        self._guests = guests

    def endpoints(self) -> tuple[Endpoint, ...]:
        """For the table of what the HTTP door offers."""
        wrong = {401: "The key is not right.", 403: "The page is of another site.", 429: "Too many wrong keys."}
        return (
            Endpoint("GET", "/api/session", None, "Tell who the caller is", self._session, Session),
            Endpoint(
                "POST", "/api/login", None, "Sign a browser in with a key", self._login, Session, None, SignInAsked,
                also=wrong,
            ),
            Endpoint("POST", "/api/logout", None, "Sign a browser out", self._logout, None, status=204),
        )  # fmt: skip

    async def _session(self, visit: Visit) -> object:
        try:
            return _told(await self._guests.known(visit.request))
        except RefusedError as refused:
            if refused.status == 401:
                return Session(False)
            raise

    async def _login(self, visit: Visit) -> object:
        same_origin(visit.request)
        known = await self._guests.holder(visit.body.key, visit.request)
        cookie, csrf = self._guests.sign_in(visit.body.key)
        response = told(_told(known._replace(csrf=csrf)))
        secure = visit.request.url.scheme == "https"
        response.set_cookie(COOKIE, cookie, LIFE_S, httponly=True, samesite="strict", secure=secure)
        return response

    async def _logout(self, visit: Visit) -> object:
        same_origin(visit.request)
        self._guests.sign_out(visit.request)
        response = Response(status_code=204)
        response.delete_cookie(COOKIE, httponly=True, samesite="strict")
        return response


def _told(known: Known) -> Session:
    return Session(True, known.name, known.role, known.tenant or None, known.csrf)
