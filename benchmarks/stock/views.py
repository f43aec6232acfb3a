"""The readers' list and article as stock Django makes them: what our own are compared with.

Generic views over whole rows, with the loads that any tutorial names, and one template with a loop
in it. They say what our pages say, to the byte but for white space (`tests/test_benchmarks.py`),
so whatever they share with ours, the page's frame and the helpers of its tags, costs both the same.
"""

from django.db.models import OuterRef, Prefetch, Subquery
from django.views.generic import DetailView, ListView

from articles import heads
from articles.coverage import related_coverage
from articles.models import Article, RelatedItem


class Latest(ListView):
    template_name = "stock/list.html"
    paginate_by = 25

    def get_queryset(self):
        rows = Article.objects.published().select_related("provider__logo")
        return rows.prefetch_related("image_uses__image", "topics")

    def get_context_data(self, **context):
        context = super().get_context_data(**context)
        context["head"] = heads.latest(self.request, context["page_obj"])
        return context


class Detail(DetailView):
    template_name = "stock/article.html"

    def get_queryset(self):
        here = Article.objects.published().filter(link_key=OuterRef("link_key"))
        here = here.order_by("-published_at", "pk").values("slug")[:1]
        items = RelatedItem.objects.select_related("provider__logo").annotate(
            page_here=Subquery(here)
        )
        items = items.prefetch_related("image_uses__image")
        rows = Article.objects.published().select_related("provider__logo").with_last_change()
        return rows.prefetch_related(
            "image_uses__image", "topics", Prefetch("related_items", items)
        )

    def get_context_data(self, **context):
        context = super().get_context_data(**context)
        article, public = self.object, Article.objects.published()
        context["related"] = related_coverage(article)
        at = article.published_at
        context["newer"] = public.filter(published_at__gt=at).order_by("published_at").first()
        context["older"] = public.filter(published_at__lt=at).order_by("-published_at").first()
        context["head"] = heads.article(self.request, article, context["related"])
        return context
