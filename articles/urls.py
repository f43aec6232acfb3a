"""Every public address."""

from django.urls import path, register_converter

from . import feeds, health, sitemaps, views
from .api import views as api


class FeedFormat:
    regex = "|".join(feeds.FORMATS)

    def to_python(self, value):
        return value

    to_url = to_python


register_converter(FeedFormat, "feed_format")

app_name = "articles"
urlpatterns = [
    path("", views.front, name="front"),
    path("feed.<feed_format:form>", feeds.latest, name="feed"),
    path("latest/", views.latest, name="latest"),
    path("articles/<slug:slug>/", views.detail, name="detail"),
    path("preview/<str:token>/", views.preview, name="preview"),
    path("topics/", views.topics, name="topics"),
    path("topics/<slug:slug>/", views.topic, name="topic"),
    path("topics/<slug:slug>/feed.<feed_format:form>", feeds.topic, name="topic_feed"),
    path("providers/", views.providers, name="providers"),
    path("providers/<slug:slug>/", views.provider, name="provider"),
    path("providers/<slug:slug>/feed.<feed_format:form>", feeds.provider, name="provider_feed"),
    path("api/", api.manual, name="api"),
    path("api/openapi.json", api.openapi, name="openapi"),
    path("api/v1/articles/", api.articles, name="api_articles"),
    path("api/v1/articles/<slug:slug>/", api.article, name="api_article"),
    path("api/v1/topics/", api.topics, name="api_topics"),
    path("api/v1/providers/", api.providers, name="api_providers"),
    path("sitemap.xml", sitemaps.index, name="sitemap_index"),
    path("sitemap-<slug:section>.xml", sitemaps.sitemap, name="sitemap"),
    path("news-sitemap.xml", sitemaps.news, name="news_sitemap"),
    path("robots.txt", sitemaps.robots, name="robots"),
    path(".well-known/security.txt", sitemaps.security, name="security"),
    path("healthz", health.alive, name="alive"),
    path("readyz", health.ready, name="ready"),
]
