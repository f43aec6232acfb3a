"""What may be asked on the web: the links that can be dialled, and the addresses that may be.

Pure: no network, no database. `client` asks it about every link, every redirect and, at the moment
of dialling, every address.
"""

import re
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urljoin

from .. import weblinks

Address = IPv4Address | IPv6Address

# Written down here, and not asked of `ipaddress.is_global`: its answers differ between versions of
# Python, and to it 6to4, NAT64, multicast and clouds' inner services are parts of the web. From
# the registries of special-purpose addresses (IANA), and what clouds use besides.
_REFUSED = {
    ip_network(network): kind
    for kind, networks in {
        "this network": "0.0.0.0/8 ::/128",
        "this machine": "127.0.0.0/8 ::1/128",
        "a private network": "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7",
        "a provider's inner network": "100.64.0.0/10",
        "a link-local address": "169.254.0.0/16 fe80::/10",
        "a site-local address": "fec0::/10",
        "a cloud's inner service": "168.63.129.16/32",
        "reserved for protocols": "192.0.0.0/24 192.31.196.0/24 192.52.193.0/24 192.175.48.0/24"
        " 2001::/23 2620:4f:8000::/48 100::/64 5f00::/16",
        "reserved for documentation": "192.0.2.0/24 198.51.100.0/24 203.0.113.0/24 2001:db8::/32"
        " 3fff::/20",
        "reserved for measurements": "198.18.0.0/15",
        "a multicast address": "224.0.0.0/4 ff00::/8",
        "reserved": "240.0.0.0/4 3ffe::/16",
        "an IPv4 address written as IPv6": "::ffff:0:0/96 ::/96 ::ffff:0:0:0/96",
        "a translated address (NAT64)": "64:ff9b::/96 64:ff9b:1::/48",
        "a tunnelled address (6to4)": "192.88.99.0/24 2002::/16",
        "a tunnelled address (Teredo)": "2001::/32",
    }.items()
    for network in networks.split()
}
# The most telling first.
REFUSED = sorted(_REFUSED.items(), key=lambda row: -row[0].prefixlen)
# All that has ever been given out on the web by IPv6.
PUBLIC_IPV6 = ip_network("2000::/3")
# The last four bytes of such an address are an IPv4 address behind a tunnel (ISATAP).
_ISATAP = {0x0000_5EFE, 0x0200_5EFE}

# Names that mean a machine or a network nearby, wherever they are asked for.
_NEARBY = (
    "localhost",
    "local",
    "internal",
    "intranet",
    "lan",
    "home.arpa",
    "onion",
    "in-addr.arpa",
)

# The one parser: what it finds is what is checked and what is dialled. The last part of a name
# begins with a letter, or browsers and systems read it as a number: 127.1, 0x7f.0.0.1.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?:{_LABEL}\.)+[a-z](?:[a-z0-9-]{{0,61}}[a-z0-9])")
_NUMBER = r"(?:0|[1-9][0-9]{0,2})"
_DOTTED = re.compile(rf"{_NUMBER}(?:\.{_NUMBER}){{3}}")
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^/?#:@\\\[\]]+)(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<target>/[!-\"$-~]*)(?:#[!-~]*)?"
)
_PORTS = {"http": 80, "https": 443}


class Refused(Exception):
    """A link or an address that is not asked, ever; the text says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A link taken apart; all ASCII. `path` begins with a slash and includes the query."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def url(self) -> str:
        port = "" if self.port == _PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{self.host}{port}{self.path}"


@dataclass(frozen=True)
class Guard:
    """The rules. The fields are for tests alone, which have no web to ask: `spared` are pairs of
    an address and a port that may be asked although they are refused."""

    spared: frozenset[tuple[str, int]] = field(default_factory=frozenset)

    def target(self, url: str, site: str = "") -> Target:
        """The one meaning of a link as an image row holds it; a relative one is of `site`, a host.

        Raises Refused.
        """
        if "\\" in url:
            raise Refused("the link holds a backslash")
        # Entities were decoded when the row was made; nobody means the text "&amp;" in a link.
        link = weblinks.normalise_image(url.replace("&amp;", "&"), has_entities=False)
        if link.startswith("/"):
            if not _HOST.fullmatch(site.lower()):
                raise Refused(
                    f"the link is relative to the site of {site!r}, and that is no host's name"
                )
            link = f"https://{site.lower()}{link}"
        found = _URL.fullmatch(link)
        if not found or len(link) > weblinks.MAX_LENGTH:
            raise Refused(f"the link is none that can be asked: {url[:100]!r}")
        return self._checked(found, url)

    def redirect(self, target: Target, location: str) -> Target:
        """Where an answer of `target` leads on to. Raises Refused."""
        try:
            return self.target(urljoin(target.url, location.strip()))
        except (Refused, ValueError) as error:
            raise Refused(f"it leads on to {location[:100]!r}: {error}") from error

    def check(self, text: str, port: int) -> Address:
        """The address to dial: one of those that a name resolved to. Raises Refused."""
        try:
            address = ip_address(text)
        except ValueError as error:
            raise Refused(f"{text[:100]!r} is no address") from error
        reason = None if (text, port) in self.spared else why_refused(address)
        if reason:
            raise Refused(f"{address} is {reason}")
        return address

    def _checked(self, found: re.Match, url: str) -> Target:
        scheme, host, path = found["scheme"], found["host"], found["target"]
        port = int(found["port"] or _PORTS[scheme])
        if _DOTTED.fullmatch(host):
            self.check(host, port)
        elif not _HOST.fullmatch(host) or len(host) > 253:
            raise Refused(f"the host is none on the web: {host[:100]!r}")
        if any(f".{host}".endswith(f".{name}") for name in _NEARBY):
            raise Refused(f"the host is none on the web: {host[:100]!r}")
        if "xn--" not in host and not _written_plainly(url, host):
            raise Refused(f"the host is {host!r}, written in look-alike letters")
        if port not in _PORTS.values() and not any(port == spared for _, spared in self.spared):
            raise Refused(f"port {port} is no port of web sites; expected 80 or 443")
        return Target(scheme, host, port, path)


PUBLIC_WEB = Guard()


def why_refused(address: Address) -> str | None:
    """What an address is that may not be asked ("a private network"); None: it is on the web."""
    for network, kind in REFUSED:
        if address.version == network.version and address in network:
            return kind
    if isinstance(address, IPv6Address):
        if address.scope_id or address not in PUBLIC_IPV6:
            return "outside of what is given out on the web"
        if int(address) >> 32 & 0xFFFF_FFFF in _ISATAP:
            return "a tunnelled address (ISATAP)"
    return None


def _written_plainly(url: str, host: str) -> bool:
    """Whether the host stands in the link as it is: letters and digits of full width, ideographic
    full stops and the like become another host's name where somebody normalises them."""
    start = rf"\s*(?:https?:)?//{re.escape(host)}(?=[:/?#\s]|$)"
    return url.isascii() or re.match(start, url, re.IGNORECASE | re.ASCII) is not None
