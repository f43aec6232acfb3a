"""A page as machines read it: what stands in its head, and its links."""

import json
from html.parser import HTMLParser


class Told(HTMLParser):
    """`meta` maps a name or property to its contents, `links` a rel (and type) to its addresses;
    `data` are the JSON-LD documents; `outward` are the links of the text as (address, rel)."""

    def __init__(self, response):
        super().__init__()
        self.title, self.meta, self.links, self.data, self.anchors = "", {}, {}, [], []
        self.open = None
        self.feed((getattr(response, "content", None) or response.body).decode())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.open = (tag, attrs.get("type"))
        if tag == "meta":
            name = attrs.get("property") or attrs.get("name", "")
            self.meta.setdefault(name, []).append(attrs.get("content"))
        elif tag == "link":
            name = " ".join(filter(None, [attrs["rel"], attrs.get("type")]))
            self.links.setdefault(name, []).append(attrs["href"])
        elif tag == "a":
            self.anchors.append((attrs["href"], attrs.get("rel")))

    def handle_endtag(self, tag):
        self.open = None

    def handle_data(self, data):
        if self.open == ("title", None):
            self.title += data
        elif self.open == ("script", "application/ld+json"):
            self.data.append(json.loads(data))

    @property
    def nodes(self) -> list[dict]:
        """Of all documents, those at the top."""
        return [node for document in self.data for node in document["@graph"]]

    def node(self, kind: str) -> dict:
        """The one node at the top of that type."""
        (found,) = [node for node in self.nodes if node["@type"] == kind]
        return found
