"""No cookies: an API is called with credentials, and a cookie set for one caller must not go out with the next."""

from __future__ import annotations

from http.cookiejar import CookieJar
from typing import Any


class NoCookies(CookieJar):
    """A jar that stays empty."""

    def extract_cookies(self, response: Any, request: Any) -> None:
        """Keep none of the cookies of an answer."""
