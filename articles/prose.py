"""The newsroom's own words: Markdown in, safe HTML out. Pure functions, no ORM.

Markdown is CommonMark (https://spec.commonmark.org/) without raw HTML and without images. What the
renderer makes of it passes a closed list of tags, so neither of the two has to be trusted alone.
"""

import nh3
from django.utils.safestring import SafeString, mark_safe
from markdown_it import MarkdownIt

MAX_LENGTH = 64 * 1024  # characters; the admin refuses more, and what is over is not rendered

_markdown = MarkdownIt("commonmark", {"html": False}).disable("image")
_cleaner = nh3.Cleaner(
    tags={
        *("p", "br", "hr", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code"),
        *("em", "strong", "a", "ul", "ol", "li"),
    },
    attributes={"a": {"href", "title"}, "ol": {"start"}},
    url_schemes={"http", "https", "mailto"},
    # No "nofollow": editors chose these links and vouch for them.
    link_rel="noopener",
)


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
