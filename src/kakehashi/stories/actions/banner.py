"""The banner above every page, as a room above has it."""

from __future__ import annotations

from django.db import transaction
from wagtail.models import Site

from kakehashi.stories.actions.edition import new_edition, show_banner_of
from kakehashi.stories.models import NewsroomSettings


def set_banner(*, text: str = "", url: str = "", survey: int | None) -> bool:
    """Let every page carry the banner of this survey above all else, or none; False where it stands so already.

    `url` is the survey's own address, with a slash at its end: below it lies where a browser says "not now".
    """
    wished = {"banner_text": text[:160], "banner_url": url, "banner_survey": survey or 0}
    stands = NewsroomSettings.objects.filter(site__is_default_site=True).values(*wished).first()
    site = Site.objects.filter(is_default_site=True).first() if stands != wished else None
    if site is None or (stands is None and not survey):
        return False
    with transaction.atomic():
        NewsroomSettings.objects.update_or_create(site=site, defaults=wished)
        show_banner_of(survey=survey)
        # Other words alone make a new edition too.
        new_edition()
    return True
