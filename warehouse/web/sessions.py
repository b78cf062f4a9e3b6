"""Flask's signed cookie sessions, opened only for who brings a cookie: programs never do, on any scan."""

from __future__ import annotations

from flask import Flask, Request, has_request_context, request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface


class CookieSessions(SecureCookieSessionInterface):
    """Opens an empty session without looking for a signature where no cookie came.

    Over HTTPS the cookie's name begins with __Host-: the browser then takes it from this very host alone, for all paths,
    and never over plain HTTP (RFC 6265bis, 4.1.3.2).
    """

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        """The session of a request."""
        if self.get_cookie_name(app) not in request.cookies:
            return self.session_class()
        return super().open_session(app, request)

    def get_cookie_name(self, app: Flask) -> str:  # noqa: ARG002 - Flask hands it over
        """The cookie's name on this connection."""
        return "__Host-session" if _secure() else "session"

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        """Whether the browser may send it over HTTPS only."""
        return _secure()


def _secure() -> bool:
    return has_request_context() and request.is_secure
