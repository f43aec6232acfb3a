"""Every public address."""

from django.urls import path, register_converter

from . import feeds, health, lists, oembed, sitemaps, views
from .api import original
from .api import views as api


class FeedFormat:
    regex = "|".join(feeds.FORMATS)

    def to_python(self, value):
        return value

    to_url = to_python


class Digits:
    """A year, a month or a day, always with all its digits."""

    to_python = int

    def to_url(self, value):
        return f"{value:0{self.width}}"


class Year(Digits):
    regex, width = "[0-9]{4}", 4


class TwoDigits(Digits):
    regex, width = "[0-9]{2}", 2


register_converter(FeedFormat, "feed_format")
register_converter(Year, "year")
register_converter(TwoDigits, "two")

app_name = "articles"
urlpatterns = [
    path("", views.front, name="front"),
    path("feed.<feed_format:form>", feeds.latest, name="feed"),
    path("latest/", lists.latest, name="latest"),
    path("articles/<slug:slug>/", views.detail, name="detail"),
    path("preview/<str:token>/", views.preview, name="preview"),
    path("search/", lists.search, name="search"),
    path("archive/", lists.archive, name="archive"),
    path("archive/<year:year>/", lists.archive_year, name="archive_year"),
    path("archive/<year:year>/<two:month>/", lists.archive_month, name="archive_month"),
    path("archive/<year:year>/<two:month>/<two:day>/", lists.archive_day, name="archive_day"),
    path("topics/", lists.topics, name="topics"),
    path("topics/<slug:slug>/", lists.topic, name="topic"),
    path("topics/<slug:slug>/feed.<feed_format:form>", feeds.topic, name="topic_feed"),
    path("providers/", lists.providers, name="providers"),
    path("providers/<slug:slug>/", lists.provider, name="provider"),
    path("providers/<slug:slug>/feed.<feed_format:form>", feeds.provider, name="provider_feed"),
    path("api/", api.manual, name="api"),
    path("api/openapi.json", api.openapi, name="openapi"),
    path("api/v1/articles/", api.articles, name="api_articles"),
    path("api/v1/articles/<str:slug>/", api.article, name="api_article"),
    path("api/v1/topics/", api.topics, name="api_topics"),
    path("api/v1/providers/", api.providers, name="api_providers"),
    path("oembed", oembed.oembed, name="oembed"),
    path("api/news/index.json", original.news, name="original"),
    path("api/news/page/<str:number>/index.json", original.news, name="original_page"),
    path("api/news/<str:topic>/index.json", original.news, name="original_topic"),
    path(
        "api/news/<str:topic>/page/<str:number>/index.json",
        original.news,
        name="original_topic_page",
    ),
    path("sitemap.xml", sitemaps.index, name="sitemap_index"),
    path("sitemap-<slug:section>.xml", sitemaps.sitemap, name="sitemap"),
    path("news-sitemap.xml", sitemaps.news, name="news_sitemap"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path(".well-known/security.txt", sitemaps.security, name="security"),
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
]
