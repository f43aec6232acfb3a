"""What an article and a related item have in common: feed text and links, fit to show."""

from .. import weblinks
from ..wording import readable


class ReadableItem:
    """For a model with `title`, `excerpt`, `web_url`, `original_url` and `type` as delivered."""

    @property
    def headline(self) -> str:
        return readable(self.title)

    @property
    def summary(self) -> str:
        return readable(self.excerpt)

    @property
    def link(self) -> str:
        """Where to read it: a safe http(s) URL, or "" where the feed gave none (some videos)."""
        return weblinks.link(self.web_url, self.original_url)

    @property
    def is_video(self) -> bool:
        return self.type == "video"
