"""Videos: which one an embed code or a link means, and where its player and its page are.

Pure functions, no ORM, no network. Nothing of an embed code is ever shown: an id is read from it,
and both addresses are made anew. Read by `Article.video`; a page opens a player only when a reader
asks for it, and only on the hosts of the setting VIDEO_HOSTS.
"""

import re
from collections.abc import Container
from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, urlsplit

from . import weblinks


@dataclass(frozen=True)
class Video:
    """`host` is the player's, one of PLAYERS. `player` is what a frame shows, playing at once;
    `page` is where the video can be watched without one."""

    host: str
    id: str
    player: str
    page: str


def find(embed_code: str, *links: str, hosts: Container[str]) -> Video | None:
    """The video that the first frame of the embed code shows, or else the first of the links that
    leads to one; None where there is none, or none whose player is on one of `hosts`."""
    for address in (_source_of_frame(embed_code), *links):
        if address.startswith("//"):
            address = f"https:{address}"
        parts = urlsplit(weblinks.normalise(address))
        for host, read in PLAYERS.items():
            video = read(parts)
            if video is not None and host in hosts:
                return video
    return None


_FRAME = re.compile(r"<iframe\s([^>]{0,4000})", re.IGNORECASE)
_SOURCE = re.compile(r"""(?<!\S)src\s?=\s?(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""", re.IGNORECASE)


def _source_of_frame(embed_code: str) -> str:
    frame = _FRAME.search(embed_code)
    source = frame and _SOURCE.search(frame[1])
    return (source[1] or source[2] or source[3] or "").strip() if source else ""


# What each player plays ------------------------------------------------------------------------

_YOUTUBE = {"youtube.com", "www.youtube.com", "m.youtube.com", "www.youtube-nocookie.com"}
_YOUTUBE_ID = re.compile(r"[A-Za-z0-9_-]{11}")
_YOUTUBE_PATH = re.compile(r"/(?:embed|shorts|live|v)/([^/]+)/?")
_NO_IDS = {"videoseries", "live_stream"}  # a list and a channel, as long as an id

_VIMEO_PATH = re.compile(r"/(?:channels/[\w-]+/|groups/[\w-]+/videos/)?([0-9]+)(?:/([0-9a-f]+))?/?")
_VIMEO_PLAYER = re.compile(r"/video/([0-9]+)/?")
_VIMEO_ID, _VIMEO_KEY = re.compile(r"[0-9]{5,12}"), re.compile(r"[0-9a-f]{6,20}")


def _youtube(parts: SplitResult) -> Video | None:
    if parts.netloc == "youtu.be":
        found = parts.path.strip("/")
    elif parts.netloc not in _YOUTUBE:
        return None
    elif path := _YOUTUBE_PATH.fullmatch(parts.path):
        found = path[1]
    else:
        found = _parameter(parts, "v") if parts.path.rstrip("/") == "/watch" else ""
    if not _YOUTUBE_ID.fullmatch(found) or found in _NO_IDS:
        return None
    return Video(
        "www.youtube-nocookie.com",
        found,
        f"https://www.youtube-nocookie.com/embed/{found}?autoplay=1&rel=0",
        f"https://www.youtube.com/watch?v={found}",
    )


def _vimeo(parts: SplitResult) -> Video | None:
    """An unlisted video has a key beside its id, without which nobody may see it."""
    if parts.netloc == "player.vimeo.com":
        path, key = _VIMEO_PLAYER.fullmatch(parts.path), _parameter(parts, "h")
    elif parts.netloc in ("vimeo.com", "www.vimeo.com"):
        path = _VIMEO_PATH.fullmatch(parts.path)
        key = path[2] or "" if path else ""
    else:
        return None
    if not path or not _VIMEO_ID.fullmatch(path[1]) or (key and not _VIMEO_KEY.fullmatch(key)):
        return None
    player = f"https://player.vimeo.com/video/{path[1]}?autoplay=1&dnt=1"
    page = f"https://vimeo.com/{path[1]}"
    if key:
        player, page = f"{player}&h={key}", f"{page}/{key}"
    return Video("player.vimeo.com", path[1], player, page)


def _parameter(parts: SplitResult, name: str) -> str:
    """Its value where it stands there once: of two, players and pages take different ones."""
    try:
        values = parse_qs(parts.query, max_num_fields=100).get(name, [])
    except ValueError:
        return ""
    return values[0] if len(values) == 1 else ""


PLAYERS = {"www.youtube-nocookie.com": _youtube, "player.vimeo.com": _vimeo}
