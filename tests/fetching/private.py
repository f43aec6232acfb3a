"""Private addresses, in every spelling that some parser somewhere takes for one."""

from ipaddress import IPv4Address

ADDRESSES = [
    *("0.0.0.0", "10.0.0.1", "10.255.255.255", "100.64.0.1", "100.100.100.200", "127.0.0.1"),
    *("127.1.2.3", "168.63.129.16", "169.254.169.254", "172.16.0.1", "172.31.255.255"),
    *("192.0.0.192", "192.168.0.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255"),
]
IPV6 = [
    *("::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fec0::1", "ff02::1", "100::1"),
    *("2001:db8::1", "2001::1", "2001:10::1", "2002:7f00:1::", "3fff::1", "5f00::1", "3ffe::1"),
    *("64:ff9b::7f00:1", "64:ff9b:1::a00:1", "::ffff:0:127.0.0.1", "4000::1", "fe80::1%25eth0"),
    *("2a00:1450::5efe:10.0.0.1", "2a00:1450::200:5efe:10.0.0.1", "2620:4f:8000::1"),
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "93.184.216.34", "2606:2800:220:1::1", "2a00:1450:4001::200e"]


def spellings(address: str):
    """Hosts as they may stand in a link, each of which somebody reads as this IPv4 address."""
    number = int(IPv4Address(address))
    parts = [int(part) for part in address.split(".")]
    a, b, c, d = parts
    high, low = number >> 16, number & 0xFFFF
    yield address
    yield f"{address}."
    yield str(number)
    yield hex(number)
    yield f"0{number:o}"
    yield f"{a}.{b << 16 | c << 8 | d}"
    yield f"{a}.{b}.{c << 8 | d}"
    yield ".".join(map(hex, parts))
    yield ".".join(f"0{part:o}" for part in parts)
    yield ".".join(f"{part:03}" for part in parts)
    yield f"0x{a:x}.0{b:o}.{c}.{d}"
    yield "".join(f"%{ord(sign):02x}" for sign in address)
    yield address.replace(".", "%2e")
    yield address.replace(".", "\u3002")
    yield address.translate({ord("0") + n: chr(0xFF10 + n) for n in range(10)})
    yield address.translate({ord("1") + n: chr(0x2460 + n) for n in range(9)})
    yield address.replace(".", "&#46;")
    yield f"{address}%00"
    yield f"\t{address}"
    yield f"web.example@{address}"
    yield f"web.example:80@{address}"
    yield f"web.example%40{address}"
    yield f"web.example\\@{address}"
    yield f"{address}\\.web.example"
    yield f"[::{address}]"
    yield f"[::ffff:{address}]"
    yield f"[::ffff:{high:x}:{low:x}]"
    yield f"[64:ff9b::{address}]"
    yield f"[64:ff9b:1::{address}]"
    yield f"[2002:{high:x}:{low:x}::1]"
    yield f"[2001:0:{high:x}:{low:x}::{~number >> 16 & 0xFFFF:x}:{~number & 0xFFFF:x}]"


HOSTS = [host for address in ADDRESSES for host in spellings(address)]
HOSTS += [f"[{address}]" for address in IPV6]
HOSTS += ["localhost", "LOCALHOST", "localhost.", "ip6-localhost", "printer.local", "a.localhost"]
HOSTS += ["metadata.google.internal", "metadata", "db.internal", "router.lan", "nas.home.arpa"]
