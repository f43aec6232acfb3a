"""The whole newsroom's addresses, the list's and the article's answered by stock views."""

from django.urls import include, path

from articles import urls as ours
from newsroom.urls import urlpatterns as all_of_ours

from .views import Detail, Latest

stock = {"latest": Latest.as_view(), "detail": Detail.as_view()}
ADDRESSES = [
    path(str(each.pattern), stock[each.name], name=each.name) if each.name in stock else each
    for each in ours.urlpatterns
]
urlpatterns = [path("", include((ADDRESSES, "articles"))), *all_of_ours]
