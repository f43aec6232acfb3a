"""Every request is UTF-8, whatever it says of itself: as the pages are, so are the forms on them.

Django reads even an address by the charset that a Content-Type names. So a header would change what
a page shows; and some of Python's codecs ("idna", "hex") read no query at all, which Django notices
before it could answer. Here that word is taken out of the header, before a request is made of it.
"""

import re

_CHARSET = re.compile(r";[^;]*charset[^;]*", re.IGNORECASE)


def without_charset(content_type: str) -> str:
    return _CHARSET.sub("", content_type)


def wsgi(application):
    """A WSGI application that is told of no charset."""

    def answer(environ, start_response):
        if "CONTENT_TYPE" in environ:
            environ["CONTENT_TYPE"] = without_charset(environ["CONTENT_TYPE"])
        return application(environ, start_response)

    return answer


def asgi(application):
    """The same for ASGI, whose headers are pairs of bytes."""

    async def answer(scope, receive, send):
        headers = [
            (name, without_charset(value.decode("latin-1")).encode("latin-1"))
            if name == b"content-type"
            else (name, value)
            for name, value in scope.get("headers", ())
        ]
        await application(scope | {"headers": headers}, receive, send)

    return answer
