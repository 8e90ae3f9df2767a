"""Fields that know something of newspapers."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils import timezone
from wagtail.models import Page

if TYPE_CHECKING:
    _Moment = models.DateTimeField[datetime | str | None, datetime]
    _Number = models.PositiveBigIntegerField[int, int]
else:
    _Moment = models.DateTimeField
    _Number = models.PositiveBigIntegerField

# Wagtail's tree paths grow by four characters a level; a section is always the third level: root, front page, section.
SECTION_PATH_LENGTH = 12


class PublicationTimeField(_Moment):
    """When a story was published: as given, or else the moment it is first saved live, and from then on that moment.

    Empty only in drafts that never were live, which no reader sees; so its type is a plain `datetime`.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"null": True, "blank": True}
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        value = getattr(model_instance, self.attname)
        if value is None and getattr(model_instance, "live", False):
            value = self._known(model_instance) or timezone.now()
            setattr(model_instance, self.attname, value)
        return value

    def _known(self, model_instance: models.Model) -> datetime | None:
        """What the row says: an editor's form may have come without it."""
        if model_instance.pk is None:
            return None
        rows = type(model_instance)._default_manager.filter(pk=model_instance.pk)
        return rows.values_list(self.attname, flat=True).first()


class SectionField(_Number):
    """The id of the section that a story stands in, 0 for none, read from its place in the tree whenever it is saved.

    The tree knows it by the beginning of a path, which no index can bring together with the time of publication.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs |= {"default": 0, "editable": False}
        super().__init__(*args, **kwargs)

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        path = getattr(model_instance, "path", "")[:SECTION_PATH_LENGTH]
        found = Page.objects.filter(path=path).values_list("pk", flat=True).first() if path else None
        setattr(model_instance, self.attname, found or 0)
        return found or 0
