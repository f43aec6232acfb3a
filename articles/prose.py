"""The newsroom's own words: Markdown in, safe HTML out. Pure functions, no ORM.

Markdown is CommonMark (https://spec.commonmark.org/) without raw HTML and without images. What the
renderer makes of it passes a closed list of tags, so neither of the two has to be trusted alone.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, autolink, html_inline, image, link

LINK_SCHEMES = {"http", "https", "mailto"}
MAX_LENGTH = 64 * 1024  # characters; the admin refuses more, and what is over is not rendered

_markdown = MarkdownIt("commonmark", {"html": False}).disable("image")
_cleaner = nh3.Cleaner(
    tags={
        *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code"),
        *("em", "strong", "a", "ul", "ol", "li"),
    },
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    url_schemes=LINK_SCHEMES,
    # No "nofollow": editors chose these links and vouch for them.
    link_rel="noopener",
)


def _leads_on(address: str) -> bool:
    """Whether it is no address with a user name in it, which shows one host and leads to another;
    what cannot be read at all is none either."""
    try:
        return "@" not in urlsplit(address).netloc
    except ValueError:
        return False


_stock = _markdown.validateLink
_markdown.validateLink = lambda url: _stock(url) and _leads_on(url)


def render(markdown: str) -> SafeString:
    """HTML that a template may print as it is. "" gives "".

    The page's headline is its h1, so the text's highest heading, whatever its level, becomes h2 and
    the others keep their distance to it.
    """
    tokens = _markdown.parse(markdown[:MAX_LENGTH])
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    highest = min((int(token.tag[1]) for token in headings), default=1)
    for token in headings:
        token.tag = f"h{min(int(token.tag[1]) - highest + 2, 6)}"
    html = _markdown.renderer.render(tokens, _markdown.options, {})
    return mark_safe(_cleaner.clean(html))


def plain(markdown: str) -> str:
    """The text that readers see of it, without any mark-up; a space between two blocks."""
    if not markdown:
        return ""
    parts = []
    for block in _markdown.parse(markdown[:MAX_LENGTH]):
        for token in block.children or [block]:
            parts.append("\n" if token.type in ("softbreak", "hardbreak") else token.content)
        parts.append("\n")
    return "".join(parts).strip()


# What it leaves out -----------------------------------------------------------------------------

_SUSPECT = re.compile(r"[<\[]")  # none of it is written without one of these
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*")
_TAG = re.compile(r"\s*<[/!?]*([A-Za-z][A-Za-z0-9-]*|\[CDATA\[|--)")


@dataclass(frozen=True, slots=True)
class Finding:
    """Something in our words that readers will not get as it was meant.

    `kind` is "html" (shown as text), "link" (its address is refused) or "picture" (not shown);
    `line` counts from 1; `text` is the tag's name or the address.
    """

    kind: str
    line: int
    text: str


def unsafe(markdown: str) -> list[Finding]:
    """Raw HTML, links that lead nowhere safe, and pictures from elsewhere, in order; each once a
    line."""
    markdown = markdown[:MAX_LENGTH]
    if not _SUSPECT.search(markdown):
        return []
    found = [*_tags(markdown), *_links(markdown)]
    return sorted(dict.fromkeys(found), key=lambda finding: finding.line)


def _tags(markdown) -> Iterator[Finding]:
    for token, line in _located(_with_html, markdown):
        if token.type in ("html_block", "html_inline") and not token.content.startswith("</"):
            yield Finding("html", line, _tag(token.content))


def _links(markdown) -> Iterator[Finding]:
    """As the renderer reads them, inside of tags as well."""
    for token, line in _located(_without_html, markdown):
        if token.type == "image":
            yield Finding("picture", line, str(token.attrs["src"]))
        elif token.type == "link_open" and not _is_safe(str(token.attrs["href"])):
            yield Finding("link", line, str(token.attrs["href"]))


def _located(parser, markdown):
    """Each token of a block, and of the text in it, with the line where it begins."""
    for block in parser.parse(markdown):
        first = (block.map or [0])[0] + 1
        yield block, first
        for token in block.children or ():
            yield token, first + block.content.count("\n", 0, token.meta.get("offset", 0))


def _is_safe(address: str) -> bool:
    """Whether the renderer lets it pass; one without a scheme is of this site."""
    if not _leads_on(address):
        return False
    scheme, colon, _rest = address.partition(":")
    return not colon or not _SCHEME.fullmatch(scheme) or scheme.lower() in LINK_SCHEMES


def _tag(html: str) -> str:
    name = _TAG.match(html)
    return name.group(1).lower() if name else html[:20]


def _with_offset(rule):
    """The rule, which also notes where in the paragraph each of its tokens begins."""

    def run(state: StateInline, silent: bool) -> bool:
        start, count = state.pos, len(state.tokens)
        matches = rule(state, silent)
        if matches:
            for token in state.tokens[count:]:
                token.meta.setdefault("offset", start)
        return matches

    return run


def _seeing_everything(html: bool) -> MarkdownIt:
    markdown = MarkdownIt("commonmark", {"html": html})
    markdown.validateLink = lambda url: True
    for name, rule in (
        ("link", link),
        ("image", image),
        ("autolink", autolink),
        ("html_inline", html_inline),
    ):
        markdown.inline.ruler.at(name, _with_offset(rule))
    return markdown


_with_html, _without_html = _seeing_everything(True), _seeing_everything(False)
