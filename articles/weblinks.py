"""Web links as feeds really deliver them, made safe to link to. Pure functions, no ORM, no network.

Read by `importing.records` (what is refused), the models (what is shown) and the admin's forms.
"""

import html
import re
from urllib.parse import quote, urlsplit, urlunsplit

MAX_LENGTH = 2048  # characters, for every URL the newsroom stores

# What RFC 3986 lets stand in a URL, "%" included: an escape already there stays as it is.
_ALLOWED = "!#$%&'()*+,/:;=?@[]~"
# Most links are plain, and are what they normalise to; the long way costs thirty times as much.
_PLAIN = re.compile(r"https?://[a-z0-9][a-z0-9.-]*/[A-Za-z0-9._~/?=+,;:@!$'()*-]*")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")


def normalise(url: str) -> str:
    """The http(s) URL that `url` means, ASCII only, or "" if it means none.

    Edge white space, tabs and line ends go (as browsers do), HTML entities are decoded, spaces and
    non-ASCII letters are percent-encoded, a host in another script is written in its IDNA form.
    An address with a user name in it is none: it shows one host and may lead to another.
    """
    if _PLAIN.fullmatch(url):
        return url
    text = _CONTROLS.sub("", html.unescape(url)).strip()
    try:
        parts = urlsplit(text)
        host, port = parts.hostname, parts.port
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or "@" in parts.netloc:
        return ""
    host = _ascii_host(host)
    if not host:
        return ""
    netloc = host if port is None else f"{host}:{port}"
    return urlunsplit(
        (
            parts.scheme,
            netloc,
            _escaped(parts.path) or "/",
            _escaped(parts.query),
            _escaped(parts.fragment),
        )
    )


def normalise_image(url: str) -> str:
    """Like `normalise`, and "/path" for a picture on the sender's own site, which may be relative.

    "//host/path" is read as https; "." and ".." go, as browsers take them away at a site's root.
    Returns "" for anything else, `data:` and `javascript:` among it.
    """
    if _PLAIN.fullmatch(url):
        return url
    text = _CONTROLS.sub("", html.unescape(url)).strip().replace("\\", "/")
    if text.startswith("//"):
        return normalise("https:" + text)
    if not text or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text):
        return normalise(text)
    path, mark, query = text.split("#")[0].partition("?")
    path = "/".join(part for part in path.split("/") if part not in ("", ".", ".."))
    return "/" + _escaped(path) + mark + _escaped(query) if path else ""


def host(url: str) -> str:
    """The host a reader would name: lower case, without "www." or port; "" if there is none."""
    normalised = normalise(url)
    return (urlsplit(normalised).hostname or "").removeprefix("www.") if normalised else ""


def _escaped(text: str) -> str:
    return quote(_LONE_PERCENT.sub("%25", text), safe=_ALLOWED)


def _ascii_host(host: str) -> str:
    if host.isascii():
        # Brackets mark an IPv6 address; the rest is a name or an IPv4 address.
        if ":" in host:
            return f"[{host}]"
        return host if re.fullmatch(r"[a-z0-9_.-]+", host) and host.strip(".-") else ""
    try:
        return host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
