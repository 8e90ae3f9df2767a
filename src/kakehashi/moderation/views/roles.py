"""Who may do what here: the staff with their roles and sections, and what was changed about that."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from kakehashi.lib.errors import DomainError, NotFound
from kakehashi.moderation.forms import SectionsForm
from kakehashi.moderation.guard import only_for_administrators
from kakehashi.readers import actions as reader_actions
from kakehashi.readers.models import Reader, Role, RoleChange
from kakehashi.stories.queries import sections as all_sections

CHANGES_SHOWN = 100


@only_for_administrators
@require_safe
def listed(request: HttpRequest, reader: Reader) -> HttpResponse:
    """3 queries."""
    titles = _titles()
    staff = Reader.objects.exclude(role=Role.READER).filter(erased_at=None).order_by("role", "name_key")
    changes = RoleChange.objects.select_related("reader", "actor").order_by("-pk")[:CHANGES_SHOWN]
    context = {
        "staff": [(one, _named(one.section_ids, titles)) for one in staff],
        "changes": [(one, _named(one.section_ids, titles)) for one in changes],
    }
    return render(request, "moderation/roles.html", context)


def _titles() -> dict[int, str]:
    return {section.pk: section.title for section in all_sections()}


def _named(sections: frozenset[int], titles: dict[int, str]) -> list[str]:
    return [titles.get(pk, _("a section that is gone")) for pk in sorted(sections)]


@only_for_administrators
@require_http_methods(["GET", "HEAD", "POST"])
def sections(request: HttpRequest, reader: Reader, pk: int) -> HttpResponse:
    """To which sections a moderator is confined."""
    found = Reader.objects.filter(pk=pk, role=Role.MODERATOR, erased_at=None).first()
    if found is None:
        raise NotFound(_("This member is not here."))
    titles, error = _titles(), None
    sent = request.POST if request.method == "POST" else None
    form = SectionsForm(sent, titles=titles, present=found.section_ids)
    if request.method == "POST" and form.is_valid():
        try:
            reader_actions.confine(actor=reader, reader=found, sections=form.chosen)
        except DomainError as refusal:
            error = refusal
        else:
            messages.success(request, _("Saved and recorded."))
            return redirect("moderation-roles")
    status = error.status if error is not None else 422 if form.errors else 200
    return render(request, "moderation/role.html", {"member": found, "form": form, "error": error}, status=status)
