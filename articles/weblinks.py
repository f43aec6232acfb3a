"""Web links as feeds really deliver them, made safe to link to. Pure functions, no ORM, no network.

Read by `importing.records` (what is refused), the models (what is shown) and the admin's forms.
"""

import html
import re
from hashlib import blake2b
from urllib.parse import quote, urlsplit, urlunsplit

MAX_LENGTH = 2048  # characters, for every URL the newsroom stores

# For links to where a story comes from. No "nofollow": our editors chose it, and credit its outlet.
# No "noreferrer" either: the outlet may know who sends it readers.
OUTWARD = "external noopener"

# What RFC 3986 lets stand in a URL, "%" included: an escape already there stays as it is.
_ALLOWED = "!#$%&'()*+,/:;=?@[]~"
# Most links are plain, and are what they normalise to; the long way costs thirty times as much.
_PLAIN = re.compile(r"https?://[a-z0-9][a-z0-9.-]*/[A-Za-z0-9._~/?=+,;:@!$'()*-]*")
_CONTROLS = re.compile(r"[\x00-\x1f\x7f]")
_LONE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
# What says by which way a reader came, and nothing about the page: the names that the big
# newsletters, networks and counters put into links, one for each kind of click.
_TRACKING = re.compile(
    r"(utm|itm|mtm|pk|hsa)_[a-z_]+|mc_[ce]id|_hs(enc|mi)|_g[al]|fbclid|gclid|gclsrc|dclid|[gw]braid"
    r"|msclkid|yclid|ttclid|twclid|igsh|igshid|s_kwcid|__twitter_impression|cmpid|ncid|ocid|smid",
    re.IGNORECASE,
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def normalise(url: str, *, has_entities: bool = True) -> str:
    """The http(s) URL that `url` means, ASCII only, or "" if it means none.

    Edge white space, tabs and line ends go (as browsers do), HTML entities are decoded, spaces and
    non-ASCII letters are percent-encoded, a host in another script is written in its IDNA form.
    An address with a user name in it is none: it shows one host and may lead to another.
    `has_entities=False`: they are decoded already, and "&copy=1" is a parameter.
    """
    if _PLAIN.fullmatch(url):
        return url
    text = _CONTROLS.sub("", html.unescape(url) if has_entities else url).strip()
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


def normalise_image(url: str, *, has_entities: bool = True) -> str:
    """Like `normalise`, and "/path" for a picture on the sender's own site, which may be relative.

    "//host/path" is read as https; "." and ".." go, as browsers take them away at a site's root.
    Returns "" for anything else, `data:` and `javascript:` among it.
    """
    if _PLAIN.fullmatch(url):
        return url
    text = _CONTROLS.sub("", html.unescape(url) if has_entities else url).strip()
    text = text.replace("\\", "/")
    if text.startswith("//"):
        return normalise("https:" + text, has_entities=has_entities)
    if not text or re.match(r"[A-Za-z][A-Za-z0-9+.-]*:", text):
        return normalise(text, has_entities=has_entities)
    path, mark, query = text.split("#")[0].partition("?")
    path = "/".join(part for part in path.split("/") if part not in ("", ".", ".."))
    return "/" + _escaped(path) + mark + _escaped(query) if path else ""


def link(web_url: str, original_url: str) -> str:
    """Where to read an item with these two addresses: a safe URL, or "" if it has none."""
    return normalise(web_url) or normalise(original_url)


def key(url: str) -> str:
    """What two links that lead to one page have in common, or "" if `url` is no link.

    Their scheme, "www.", a default port, the fragment, a slash at the end and what only tracks
    readers do not count; nor do capitals in a host or an escape. Whatever else differs, does.
    """
    url = normalise(url)
    if not url:
        return ""
    scheme, _, rest = url.partition("://")
    rest, _, fragment = rest.partition("#")
    host, slash, path = rest.partition("/")
    path, _, query = path.partition("?")
    host = host.removesuffix(f":{_DEFAULT_PORTS[scheme]}").removeprefix("www.")
    found = host + (slash + path).rstrip("/")
    if query:
        told = [part for part in query.split("&") if part and not _tracks(part)]
        found += f"?{'&'.join(told)}" if told else ""
    if len(fragment) > 2 and fragment.startswith("!"):  # the whole path of some sites' pages
        found += f"#{fragment}"
    return _ESCAPE.sub(lambda escape: escape[0].upper(), found) if "%" in found else found


def number(key: str) -> int | None:
    """A key as a column holds it, 64 bits with a sign; None for the key of no link."""
    if not key:
        return None
    return int.from_bytes(blake2b(key.encode(), digest_size=8).digest(), signed=True)


def _tracks(parameter: str) -> bool:
    return _TRACKING.fullmatch(parameter.partition("=")[0]) is not None


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
