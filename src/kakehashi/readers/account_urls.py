"""Addresses below /account/: ours first, then allauth's (2fa/ among them)."""

from importlib import import_module

from django.apps import apps
from django.urls import URLPattern, include, path

from kakehashi.readers.views import account, data, entrance, safety, ways, ways_in
from kakehashi.readers.views.trouble import guarded

PROVIDERS = "allauth.socialaccount.providers."


def ways_back() -> list[URLPattern]:
    """Where providers send people back to, for those whose code is loaded. allauth has further addresses, which log in by
    a token that somebody sends; here everybody comes through a form of ours."""
    found = []
    for kind in ("facebook", "google", "apple"):
        if apps.is_installed(PROVIDERS + kind):
            views = import_module(f"{PROVIDERS}{kind}.views")
            back = f"{kind}/login/callback/"
            found.append(path(back, guarded(views.oauth2_callback), name=f"{kind}_callback"))
            if kind == "apple":
                found.append(path(back + "finish/", guarded(views.oauth2_finish_login), name="apple_finish_callback"))
    if apps.is_installed(PROVIDERS + "openid_connect"):
        views = import_module(PROVIDERS + "openid_connect.views")
        back = "oidc/<slug:provider_id>/login/callback/"
        found.append(path(back, guarded(views.callback), name="openid_connect_callback"))
    return found


urlpatterns = [
    path("", account.overview, name="account"),
    path("login/", entrance.log_in, name="account_login"),
    path("signup/", entrance.sign_up, name="account_signup"),
    path("signup/again/", entrance.start_again, name="account_start_again"),
    path("via/<slug:key>/", ways_in.go, name="account_via"),
    path("newcomer/", ways_in.newcomer, name="account_newcomer"),
    path("newcomer/code/", ways_in.newcomer_code, name="account_newcomer_code"),
    path("join/", ways_in.join, name="account_join"),
    path("join/code/", ways_in.join_code, name="account_join_code"),
    path("ways/", ways.ways, name="account_ways"),
    path("ways/<int:pk>/disconnect/", ways.disconnect, name="account_disconnect"),
    path("prove/", ways.prove, name="account_prove"),
    path("preferences/", account.preferences, name="preferences"),
    path("name/", account.name, name="account_name"),
    path("muted/", account.muted, name="account_muted"),
    path("email/", safety.email, name="account_email"),
    path("email/stop/<str:token>/", safety.stop_email_change, name="account_email_stop"),
    path("sessions/", safety.sessions, name="account_sessions"),
    path("export/", data.export, name="account_export"),
    path("export/file/", data.export_here, name="account_export_here"),
    path("export/file/<str:token>/", data.export_file, name="account_export_file"),
    path("leave/", data.leave, name="account_leave"),
    path("stay/", data.stay_here, name="account_stay_here"),
    path("stay/<str:token>/", data.stay, name="account_stay"),
    *ways_back(),
    # Not allauth.urls: of its addresses for accounts from elsewhere, readers need none.
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
]
