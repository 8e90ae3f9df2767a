"""Readers in Wagtail's user management: what an administrator changes goes through the actions."""

from __future__ import annotations

from typing import Any

import django_filters  # type: ignore[import-untyped]
from django import forms
from django.http import Http404, HttpResponse
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import BooleanColumn, Column, DateColumn
from wagtail.log_actions import log
from wagtail.users.views import users as wagtail_users

from kakehashi.lib.errors import DomainError
from kakehashi.readers import actions
from kakehashi.readers.models import Reader, Role


class NewReaderForm(forms.ModelForm[Reader]):
    """No password is asked for: the new colleague sets one through “Forgot your password?”."""

    class Meta:
        model = Reader
        fields = ["name", "email", "role"]


class ReaderForm(forms.ModelForm[Reader]):
    class Meta:
        model = Reader
        fields = ["name", "email", "role", "is_active"]

    def __init__(self, *args: Any, editing_self: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if editing_self:
            del self.fields["is_active"]


class ReaderFilterSet(WagtailFilterSet):
    role = django_filters.ChoiceFilter(label=_("Role"), choices=Role.choices)
    is_active = django_filters.BooleanFilter(label=_("Active"))

    def __init__(self, *args: Any, is_searching: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)

    class Meta:
        model = Reader
        fields: list[str] = []


class RefusalMixin:
    """A refusal of the actions comes back to the form, beside the field it is about."""

    def form_valid(self, form: Any) -> HttpResponse:
        try:
            response: HttpResponse = super().form_valid(form)  # type: ignore[misc]
        except DomainError as error:
            field = next((name for name in ("email", "name") if error.code.startswith(name)), "role")
            form.add_error(field, error.message)
            self.produced_error_message = _("This could not be saved; the reason stands beside the field.")
            return self.form_invalid(form)  # type: ignore[attr-defined, no-any-return]
        return response


class PresentMixin:
    """Whoever has left is not there to be edited or deleted."""

    def get_object(self, queryset: Any = None) -> Reader:
        reader: Reader = super().get_object(queryset)  # type: ignore[misc]
        if reader.is_erased:
            raise Http404
        return reader


class IndexView(wagtail_users.IndexView):
    template_name = "wagtailadmin/generic/index.html"
    add_item_label = _("Add a member of staff or a reader")
    page_title = _("Readers")

    @cached_property
    def columns(self) -> list[Column]:
        title = self._get_title_column_class(wagtail_users.UserColumn)
        return [
            title("name", label=_("Name"), sort_key="name", get_url=self.get_edit_url, classname="name"),
            Column("email", label=_("E-mail address"), sort_key="email"),
            Column("get_role_display", label=_("Role"), sort_key="role", width="12%"),
            BooleanColumn("is_active", label=_("Active"), sort_key="is_active", width="8%"),
            DateColumn("date_joined", label=_("Joined"), sort_key="date_joined", width="12%"),
            DateColumn("last_login", label=_("Last log-in"), sort_key="last_login", width="12%"),
        ]

    @cached_property
    def search_fields(self) -> list[str]:
        return ["name", "email"]

    def get_base_queryset(self) -> Any:
        return Reader.objects.filter(erased_at=None).select_related("wagtail_userprofile")

    def order_queryset(self, queryset: Any) -> Any:
        return queryset.order_by(self.ordering, "pk") if isinstance(self.ordering, str) else queryset.order_by("pk")


class CreateView(RefusalMixin, wagtail_users.CreateView):
    page_title = _("Add a reader")
    success_message = _("%(object)s can now choose a password through “Forgot your password?”.")

    def save_instance(self) -> Reader:
        data = self.form.cleaned_data
        reader = actions.register_reader(email=data["email"], name=data["name"])
        actions.set_role(actor=self.request.user, reader=reader, role=data["role"])
        log(instance=reader, action="wagtail.create", user=self.request.user)
        return reader


class EditView(PresentMixin, RefusalMixin, wagtail_users.EditView):
    def save_instance(self) -> Reader:
        data, actor = self.form.cleaned_data, self.request.user
        reader = Reader.objects.get(pk=self.object.pk)
        if data["name"] != reader.name:
            reader = actions.change_name(actor=actor, reader=reader, name=data["name"])
        if data["email"].lower() != reader.email:
            reader = actions.set_email(actor=actor, reader=reader, email=data["email"])
        if data["role"] != reader.role:
            reader = actions.set_role(actor=actor, reader=reader, role=data["role"])
        if data.get("is_active", reader.is_active) != reader.is_active:
            reader = actions.set_active(actor=actor, reader=reader, is_active=data["is_active"])
        log(instance=reader, action="wagtail.edit", user=actor)
        return reader


class DeleteView(PresentMixin, wagtail_users.DeleteView):
    page_title = _("Delete the account of")
    success_message = _("The account is deleted; what its owner wrote stays, without the name.")

    def form_valid(self, form: Any) -> HttpResponse:
        response: HttpResponse
        try:
            response = super().form_valid(form)
        except DomainError as error:
            messages.error(self.request, error.message)
            response = self.render_to_response(self.get_context_data())
        return response

    def delete_action(self) -> None:
        actions.erase_reader(reader=self.object)


class ReaderViewSet(wagtail_users.UserViewSet):
    ordering = "-date_joined"
    filterset_class = ReaderFilterSet
    copy_view_enabled = False
    menu_label = _("Readers")

    index_view_class = IndexView
    add_view_class = CreateView
    edit_view_class = EditView
    delete_view_class = DeleteView

    index_template_name = "wagtailadmin/generic/index.html"
    create_template_name = "wagtailadmin/generic/create.html"
    edit_template_name = "wagtailadmin/generic/edit.html"

    def get_form_class(self, for_update: bool = False) -> type[forms.ModelForm[Reader]]:
        return ReaderForm if for_update else NewReaderForm
