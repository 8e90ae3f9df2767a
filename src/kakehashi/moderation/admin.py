"""Where editors write the rules, among Wagtail's pages. Saving puts a new version into force."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views import View
from wagtail.admin.views.generic.base import WagtailAdminTemplateMixin

from kakehashi.lib.errors import Conflict, DomainError
from kakehashi.moderation import actions, queries, rules
from kakehashi.moderation.actions import RuleText
from kakehashi.moderation.models import PolicyVersion, Rule
from kakehashi.readers.models import Reader

# Empty places below the rules, for new ones.
EMPTY = 2
MOST_RULES = 60


class PolicyForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = PolicyVersion
        fields = ("preamble", "shows_rule", "changes")
        widgets = {"preamble": forms.Textarea(attrs={"rows": 4}), "changes": forms.Textarea(attrs={"rows": 2})}


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]
    """One rule. An empty form at the end is no rule; `number` is 0 for a new one."""

    number = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=9999, required=False)

    class Meta:
        model = Rule
        fields = ("title", "text", "examples", "to_author", "default_action", "category", "is_in_force")
        widgets = {
            "text": forms.Textarea(attrs={"rows": 3}),
            "examples": forms.Textarea(attrs={"rows": 3}),
            "to_author": forms.Textarea(attrs={"rows": 2}),
        }

    def has_changed(self) -> bool:
        """Whoever wrote nothing into an empty place has not begun a rule, whatever stands chosen there."""
        return bool(self.initial.get("number")) or any(self[name].data for name in ("title", "text", "examples"))

    @property
    def rule_text(self) -> RuleText:
        data = dict(self.cleaned_data)
        data.pop("DELETE", None)
        return RuleText(**{**data, "number": data.get("number") or 0})


RuleForms: Any = forms.formset_factory(
    RuleForm, extra=EMPTY, can_delete=True, max_num=MOST_RULES, absolute_max=MOST_RULES
)


class RulesView(WagtailAdminTemplateMixin, View):
    """The rules in force as one form. What was typed comes back with every refusal."""

    page_title = gettext_lazy("Rules of the discussion")
    header_icon = "clipboard-list"
    template_name = "moderation/admin_rules.html"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [*self.breadcrumbs_items, {"url": "", "label": self.page_title}]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(request.user, Reader) or not rules.can_edit_policy(request.user):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    def get(self, request: HttpRequest) -> HttpResponse:
        policy = queries.policy_in_force()
        found = [_initial(rule) for rule in policy.rules.order_by("number")] if policy else []
        initial = {"preamble": policy.preamble, "shows_rule": policy.shows_rule} if policy else {}
        return self._page(PolicyForm(initial=initial), RuleForms(initial=found, prefix="rules"), policy)

    def post(self, request: HttpRequest) -> HttpResponse:
        policy = queries.policy_in_force()
        form = PolicyForm(request.POST)
        found = [_initial(rule) for rule in policy.rules.order_by("number")] if policy else []
        sent = RuleForms(request.POST, initial=found, prefix="rules")
        if not (form.is_valid() and sent.is_valid()):
            return self._page(form, sent, policy, _("Some of it cannot be used as it is. See below."), 422)
        texts = [one.rule_text for one in sent.forms if one.has_changed() and not one.cleaned_data.get("DELETE")]
        try:
            _require_latest(request, policy)
            version = actions.publish_policy(actor=request.user, texts=texts, **form.cleaned_data)  # type: ignore[arg-type]
        except DomainError as refusal:
            return self._page(form, sent, policy, refusal.message, refusal.status)
        messages.success(request, _("Version %(number)s is in force.") % {"number": version.number})
        return redirect("moderation_rules")

    def _page(
        self, form: PolicyForm, forms_: Any, policy: PolicyVersion | None, error: str = "", status: int = 200
    ) -> HttpResponse:
        context = self.get_context_data(
            form=form,
            rules=forms_,
            policy=policy,
            error=error,
            action_url=reverse("moderation_rules"),
        )
        response: HttpResponse = self.render_to_response(context, status=status)
        return response


def _initial(rule: Rule) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in ("number", *RuleForm.Meta.fields)}


def _require_latest(request: HttpRequest, policy: PolicyVersion | None) -> None:
    """Raise where another editor published a version since this form was opened."""
    if request.POST.get("version", "") != str(policy.number if policy else 0):
        raise Conflict(
            _("Somebody else has changed the rules meanwhile. Please copy your words and open this page anew."),
            code="changed",
        )
