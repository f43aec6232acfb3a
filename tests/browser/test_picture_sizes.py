"""What a page tells browsers of a picture's width is the width at which its styles show it: told
too little, a picture is blurred; told too much, it weighs more than it need."""

from articles import scaling
from articles.templatetags.pictures import PLACES
from tests.browser.browsing import BrowserTestCase
from tests.browser.test_reading import FRAME
from tests.factories import make_article, make_image, make_related_item
from tests.picturing import plain
from tests.promises import trials

# Below and at each width at which the styles change, and beyond.
WIDTHS = (320, 390, 639, 640, 735, 736, 959, 960, 991, 992, 1295, 1296, 1440)
LEAST, MOST = 0.99, 1.04  # of the width that is shown

# Of each <picture>: its place, as the class says it; the width that is shown; the width that the
# first source tells whose media hold. Without `sizes` there is one width, of twice the pixels.
MEASURE = """() => [...document.querySelectorAll("picture")].map((picture) => {
    const holder = picture.closest(".card, .related-item, figure");
    const source = [...picture.querySelectorAll("source")]
        .find((each) => !each.media || matchMedia(each.media).matches);
    const ruler = document.body.appendChild(document.createElement("div"));
    ruler.style.position = "absolute";
    for (const part of source.sizes.split(/,(?![^(]*\\))/)) {
        const [, media, length] = part.trim().match(/^(\\([^()]*\\))?\\s*(.*)$/);
        if (media && !matchMedia(media).matches) continue;
        ruler.style.width = length;
        break;
    }
    const told = source.sizes ? ruler.offsetWidth : source.srcset.match(/-(\\d+)\\.\\w+$/)[1] / 2;
    ruler.remove();
    return [holder.className, picture.querySelector("img").offsetWidth, told];
}).filter(([, shown]) => shown)"""

CLASSES = {
    "lead": "card card-lead",
    "second": "card card-second card-small",
    "feature": "card card-feature card-small",
    "row": "card card-row card-small",
    "related": "related-item",
    "video": "story-picture video",
    "story": "story-picture",
    "portrait": "story-picture story-picture-portrait",
}


def scaled_image(size=(2400, 1600)):
    """A picture whose renditions are listed, without bytes behind them."""
    plans = scaling.plan(*size)
    served = {
        **{"of": [], "at": "made", "tone": "#336699", "plain": "jpg"},
        "sizes": {plan.shape: plan.sizes[::-1] for plan in plans},
        "plain_sizes": {plan.shape: plan.plain_sizes[::-1] for plan in plans},
    }
    return make_image(width=size[0], height=size[1], served=served)


class SizesTests(BrowserTestCase):
    def setUp(self):
        super().setUp()
        related = scaled_image()
        self.story, self.portrait, self.video, *_ = (
            make_article(images=[scaled_image(size)], **fields)
            for size, fields in [
                ((2400, 1600), {}),
                ((1600, 2400), {}),
                ((2400, 1600), {"type": "video", "featured_content": FRAME}),
                *[((2400, 1600), {})] * 9,
            ]
        )
        make_related_item(self.story, images=[related])
        self.page = self.visitor().new_page()
        picture = plain(size=(48, 32))
        self.page.route(
            "**/renditions/**", lambda route: route.fulfill(body=picture, content_type="image/jpeg")
        )

    def measured(self):
        """(place, viewport's width, width shown, width told) of every picture on the pages."""
        few = WIDTHS[:: trials(3, 1)]
        for address, widths in {
            "/": WIDTHS,
            "/latest/": few,
            self.story.get_absolute_url(): few,
            self.portrait.get_absolute_url(): few,
            self.video.get_absolute_url(): few,
        }.items():
            self.page.goto(address)
            for width in widths:
                self.page.set_viewport_size({"width": width, "height": 900})
                for holder, shown, told in self.page.evaluate(MEASURE):
                    yield holder, width, shown, told

    def test_sizes_are_those_of_the_styles_at_every_width(self):
        found, wrong = set(), set()
        for holder, width, shown, told in self.measured():
            found.add(holder)
            if not LEAST * shown <= told <= MOST * shown:
                wrong.add((holder, width, shown, round(told)))
        self.assertEqual(sorted(wrong), [])
        self.assertEqual(found, {CLASSES[place] for place in PLACES})
