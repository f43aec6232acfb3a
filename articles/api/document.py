"""The API's own description, as OpenAPI 3.1 (https://spec.openapis.org/oas/v3.1.1.html).

Written by hand beside the code it describes; the tests check each answer against it.
"""

from django.conf import settings

from ..filters import MAX_TEXT

DEFAULT_LIMIT, MAX_LIMIT = 25, 100
SLUG = "^[-a-zA-Z0-9_]+$"
NUMBER = "^[1-9][0-9]{0,8}$"  # of a page, spelled in one way only

# The filters of the search, as `filters.ArticleFilters` reads them.
PARAMETERS = {
    "q": (
        "Words, at most eight: each occurs in the headline, the excerpt or our own words, whatever "
        "its case and accents. “Quoted” words stand together; the last one may be just begun.",
        {"maxLength": MAX_TEXT},
    ),
    "topic": ("A topic’s slug.", {}),
    "provider": ("A provider’s slug, its domain, or part of its name.", {"maxLength": MAX_TEXT}),
    "type": ("What it is.", {"enum": ["article", "video"]}),
    "from": ("The first day of publication there.", {"format": "date"}),
    "to": ("The last day of publication there.", {"format": "date"}),
}


def document(address: str) -> dict:
    """`address` is that of the API, whole."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{settings.SITE_NAME}: published articles",
            "version": "1",
            "description": "For reading, without a key. Lists are paged by cursor: follow `next`. "
            "Repeat a question with If-None-Match, and what has not changed is a 304.",
        },
        "servers": [{"url": address.rstrip("/")}],
        "paths": {
            "/v1/articles/": {
                "get": _question(
                    "articles",
                    "Articles, newest first",
                    _page("Article", has_next=True),
                    # A filter without a value is left out, as forms send it.
                    [
                        _parameter(name, *told) | {"allowEmptyValue": True}
                        for name, told in PARAMETERS.items()
                    ]
                    + [
                        _parameter(
                            "limit",
                            "How many on a page.",
                            {
                                "type": "integer",
                                "minimum": 1,
                                "maximum": MAX_LIMIT,
                                "default": DEFAULT_LIMIT,
                            },
                        ),
                        _parameter("after", "Where the page before ended, as `next` has it.", {}),
                    ],
                )
            },
            "/v1/articles/{slug}/": {
                "get": _question(
                    "article",
                    "One article, with our own words and the related coverage",
                    _ref("ArticleInFull"),
                    [_part("slug", "As the list has it.", SLUG)],
                    can_miss=True,
                    can_go=True,
                )
            },
            "/v1/topics/": {
                "get": _question("topics", "Topics with a published article", _page("KnownTopic"))
            },
            "/v1/providers/": {
                "get": _question(
                    "providers", "Providers with a published article", _page("KnownProvider")
                )
            },
            "/news/index.json": _original(
                "original", "Articles as the original sites told them, newest first: page 1"
            ),
            "/news/page/{page}/index.json": _original(
                "original_page", "Any page of them", [_PAGE_PART]
            ),
            "/news/{topic}/index.json": _original(
                "original_topic", "Those with a topic: page 1", [_TOPIC_PART]
            ),
            "/news/{topic}/page/{page}/index.json": _original(
                "original_topic_page",
                "Any page of those with a topic",
                [_TOPIC_PART, _PAGE_PART],
            ),
        },
        "components": {"schemas": SCHEMAS},
    }


def _question(
    name, summary, schema, parameters=(), can_be_wrong=True, can_miss=False, can_go=False
):
    answers = {
        "200": _answer("As asked.", schema),
        "304": {"description": "As the client has it already."},
    }
    if can_be_wrong:
        answers["400"] = _answer("A parameter means nothing here; which, and why.", _ref("Errors"))
    if can_miss:
        answers["404"] = _answer("There is none that readers can see.", _ref("Errors"))
    if can_go:
        answers["301"] = {"description": "It was merged into the one that is there."}
        answers["410"] = _answer("Readers have seen it, and see it no more.", _ref("Errors"))
    return {
        "operationId": name,
        "summary": summary,
        "parameters": list(parameters),
        "responses": answers,
    }


def _original(name, summary, parts=()):
    """An address of the original sites: files, so that no parameter means anything there."""
    schema, can_miss = _ref("OriginalPage"), bool(parts)
    return {"get": _question(name, summary, schema, parts, can_be_wrong=False, can_miss=can_miss)}


def _answer(description, schema):
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _parameter(name, description, schema):
    schema = {"type": "string"} | schema
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _part(name, description, pattern):
    """A part of the address."""
    schema = {"type": "string", "pattern": pattern}
    told = {"name": name, "in": "path", "required": True}
    return told | {"description": description, "schema": schema}


def _ref(name):
    return {"$ref": f"#/components/schemas/{name}"}


def _page(name, has_next=False):
    fields = {"items": {"type": "array", "items": _ref(name)}}
    if has_next:
        fields["next"] = {"type": ["string", "null"], "format": "uri"}
    return _object(fields)


def _object(fields):
    """Every field is there, and no other."""
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


_TEXT = {"type": "string"}
_TEXT_OR_NULL = {"type": ["string", "null"]}
_ADDRESS = {"type": "string", "format": "uri"}
_ADDRESS_OR_NULL = {"type": ["string", "null"], "format": "uri"}
_MOMENT = {"type": "string", "format": "date-time"}
_MOMENT_OR_NULL = {"type": ["string", "null"], "format": "date-time"}
_NUMBER_OR_NULL = {"type": ["integer", "null"]}
_KIND = {"type": "string", "enum": ["article", "video"]}
_NOTHING = {"type": "null"}
_TOPIC_PART = _part("topic", PARAMETERS["topic"][0], SLUG)
_PAGE_PART = _part("page", "From 1; `nextPage` is the one that follows.", NUMBER)


def _list_or_null(entry):
    """The original sites have null where another would have an empty list."""
    return {"type": ["array", "null"], "items": entry, "minItems": 1}


_TOPIC = {"slug": _TEXT, "url": _ADDRESS, "name": _TEXT}
_PROVIDER = {"slug": _TEXT, "url": _ADDRESS, "name": _TEXT, "domain": _TEXT_OR_NULL}
_COUNTED = {"articles": {"type": "integer", "minimum": 1}, "description": _TEXT_OR_NULL}
_ARTICLE = {
    "id": _ADDRESS | {"description": "Stays whatever the address or the headline become."},
    "slug": _TEXT,
    "url": _ADDRESS,
    "type": _KIND,
    "title": _TEXT,
    "excerpt": _TEXT_OR_NULL,
    "source_url": _ADDRESS_OR_NULL,
    "published_at": _MOMENT | {"description": "When the source published it."},
    "public_since": _MOMENT | {"description": "When it was published here."},
    "heat": _NUMBER_OR_NULL,
    "provider": {"oneOf": [_ref("Provider"), {"type": "null"}]},
    "topics": {"type": "array", "items": _ref("Topic")},
    "images": {"type": "array", "items": _ref("Image")},
}
SCHEMAS = {
    "Article": _object(_ARTICLE),
    "ArticleInFull": _object(
        _ARTICLE
        | {
            "body_html": _TEXT_OR_NULL,
            "related": {"type": "array", "items": _ref("RelatedItem")},
        }
    ),
    "RelatedItem": _object(
        {
            "title": _TEXT,
            "excerpt": _TEXT_OR_NULL,
            "source_url": _ADDRESS_OR_NULL,
            "type": _KIND,
            "published_at": _MOMENT_OR_NULL,
            "provider_name": _TEXT_OR_NULL,
            "image": {"oneOf": [_ref("Image"), {"type": "null"}]},
        }
    ),
    "Topic": _object(_TOPIC),
    "KnownTopic": _object(_TOPIC | _COUNTED | {"wider": _TEXT_OR_NULL}),
    "Provider": _object(_PROVIDER),
    "KnownProvider": _object(_PROVIDER | _COUNTED),
    "Image": _object(
        {
            "url": _ADDRESS,
            "width": _NUMBER_OR_NULL,
            "height": _NUMBER_OR_NULL,
            "alt": _TEXT,
            "credit": _TEXT_OR_NULL,
            # Smaller copies, as JPEG or PNG, the smallest first.
            "renditions": {"type": "array", "items": _ref("Rendition")},
        }
    ),
    "Rendition": _object(
        {
            "url": _ADDRESS,
            "width": {"type": "integer", "minimum": 1},
            "height": {"type": "integer", "minimum": 1},
        }
    ),
    "OriginalPage": _object(
        {
            "page": {"type": "integer", "minimum": 1},
            "value": {"type": "array", "items": _ref("OriginalArticle"), "maxItems": 25},
            "nextPage": {"type": ["integer", "null"], "minimum": 2},
        }
    ),
    "OriginalArticle": _object(
        {
            "path": _TEXT,
            "title": _TEXT,
            "excerpt": _TEXT_OR_NULL,
            "sourceUrl": _TEXT_OR_NULL,
            "webUrl": _TEXT_OR_NULL,
            "originalUrl": _TEXT_OR_NULL,
            "featuredContent": _TEXT_OR_NULL,
            "highlight": _TEXT_OR_NULL,
            "heat": _NUMBER_OR_NULL,
            "tags": _list_or_null(_TEXT),
            "images": _list_or_null(_ref("OriginalImage")),
            "content": _TEXT,
            "type": _TEXT,
            "ampWebUrl": _TEXT_OR_NULL,
            "cdnAmpWebUrl": _TEXT_OR_NULL,
            "publishedDateTime": _MOMENT,
            "updatedDateTime": _MOMENT_OR_NULL,
            "provider": _object(
                {
                    "name": _TEXT,
                    "domain": _TEXT_OR_NULL,
                    "images": _list_or_null(_ref("OriginalImage")),
                    "publishers": _NOTHING,
                    "authors": _NOTHING,
                }
            ),
            "locale": _TEXT,
            "categories": {"type": "array", "items": _TEXT, "minItems": 1},
            "topics": _list_or_null(_TEXT),
        }
    ),
    "OriginalImage": _object(
        {
            "url": _TEXT,
            "width": _NUMBER_OR_NULL,
            "height": _NUMBER_OR_NULL,
            "title": _TEXT_OR_NULL,
            "attribution": _TEXT_OR_NULL,
            "isCached": {"type": "boolean"},
        }
    ),
    "Errors": _object(
        {
            "errors": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": _TEXT},
            }
        }
    ),
}
