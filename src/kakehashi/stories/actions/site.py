"""Make what a newsroom stands on: its front page, sections, agencies, running stories. Each may be called again."""

from __future__ import annotations

from urllib.parse import urlsplit

from django.conf import settings
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _
from wagtail.models import Page, Site

from kakehashi.lib.errors import Invalid
from kakehashi.stories import rules
from kakehashi.stories.actions.edition import new_edition
from kakehashi.stories.actions.roles import ensure_roles
from kakehashi.stories.actions.words import one_line
from kakehashi.stories.models import Agency, FrontPage, NewsroomSettings, RunningStory, SectionPage, VoteDisplay

_PORTS = {"http": 80, "https": 443}


@transaction.atomic
def ensure_site(*, name: str = "", motto: str = "", copyright_holder: str = "", base_url: str = "") -> FrontPage:
    """The front page served at the root of `base_url` (default settings.BASE_URL), with its settings and roles; Wagtail's
    welcome page goes.

    What a newsroom has named itself since is kept: the words given here are used where the defaults still stand.
    """
    front = FrontPage.objects.first() or _add_front(one_line(name, 255) or NewsroomSettings().name)
    site = _ensure_wagtail_site(front, base_url or settings.BASE_URL)
    _remove_welcome_page(front)
    _name_newsroom(site, name=name, motto=motto, copyright_holder=copyright_holder)
    ensure_roles()
    front.refresh_from_db()
    return front


def _add_front(title: str) -> FrontPage:
    root = Page.get_first_root_node()
    if root is None:
        raise Invalid(_("The database has no page tree yet: run the migrations first."), code="not-migrated")
    front: FrontPage = root.add_child(instance=FrontPage(title=title, slug="front", show_in_menus=True))
    front.save_revision().publish()
    return front


def _ensure_wagtail_site(front: FrontPage, base_url: str) -> Site:
    base = urlsplit(base_url)
    place = {"hostname": base.hostname, "port": base.port or _PORTS[base.scheme], "root_page_id": front.pk}
    site = Site.objects.filter(is_default_site=True).first() or Site(is_default_site=True)
    if any(getattr(site, field) != value for field, value in place.items()):
        for field, value in place.items():
            setattr(site, field, value)
        site.save()
        new_edition()
    return site


def _remove_welcome_page(front: FrontPage) -> None:
    """Wagtail's migrations made it; a page that somebody has put another below is no longer theirs."""
    welcome = Page.objects.filter(depth=2, slug="home").exclude(pk=front.pk).first()
    if welcome is not None and welcome.specific_class is Page and welcome.is_leaf():
        welcome.delete()


def _name_newsroom(site: Site, *, name: str, motto: str, copyright_holder: str) -> None:
    newsroom = NewsroomSettings.for_site(site)
    before = (newsroom.name, newsroom.motto, newsroom.copyright_holder)
    for field, value in {"name": name, "motto": motto, "copyright_holder": copyright_holder}.items():
        column = NewsroomSettings._meta.get_field(field)
        if value and getattr(newsroom, field) == column.get_default():
            setattr(newsroom, field, one_line(value, column.max_length or 80))
    if (newsroom.name, newsroom.motto, newsroom.copyright_holder) != before:
        newsroom.save()
        new_edition()
    if site.site_name != newsroom.name:
        site.site_name = newsroom.name
        site.save(update_fields=["site_name"])


@transaction.atomic
def ensure_section(
    *,
    title: str,
    introduction: str = "",
    vote_display: str = VoteDisplay.SPLIT,
    votes_hidden_hours: int = 6,
    comment_order: str = "",
) -> SectionPage:
    """The section of that title, whatever its case; made if there is none. Raises `Invalid` for a title without
    letters or where there is no front page to stand on."""
    title = one_line(title, 80)
    if not title:
        raise Invalid(_("A section needs a title."), code="no-title")
    front = FrontPage.objects.select_for_update().first()
    if front is None:
        raise Invalid(_("There is no front page yet: run “kakehashi init” first."), code="no-site")
    slug = slugify(title, allow_unicode=True) or "section"
    if rules.is_reserved_slug(slug):
        slug = f"{slug}-section"
    sections = SectionPage.objects.child_of(front)
    found = sections.filter(title__iexact=title).first() or sections.filter(slug=slug).first()
    if found is not None:
        return found
    section = SectionPage(
        title=title,
        slug=slug,
        introduction=one_line(introduction, 240),
        vote_display=vote_display,
        votes_hidden_hours=votes_hidden_hours,
        comment_order=comment_order,
        show_in_menus=True,
    )
    front.add_child(instance=section)
    section.save_revision().publish()
    return section


def ensure_agency(*, name: str, credit: str = "", body_days: int | None = None) -> Agency:
    """The agency of that name; an existing one keeps its own credit and licence."""
    defaults = {"credit": one_line(credit, 160), "body_days": body_days}
    return Agency.objects.get_or_create(name=one_line(name, 80), defaults=defaults)[0]


def ensure_running_story(*, title: str, summary: str = "") -> RunningStory:
    """The running story of that title; its address is made from the title."""
    title = one_line(title, 120)
    slug = slugify(title, allow_unicode=True)[:120] or "running-story"
    defaults = {"title": title, "summary": summary.strip()}
    return RunningStory.objects.get_or_create(slug=slug, defaults=defaults)[0]
