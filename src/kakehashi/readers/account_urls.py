"""Addresses below /account/: ours first, then allauth's (2fa/ among them)."""

from django.urls import include, path

from kakehashi.readers.views import account, entrance

urlpatterns = [
    path("", account.overview, name="account"),
    path("login/", entrance.log_in, name="account_login"),
    path("signup/", entrance.sign_up, name="account_signup"),
    path("signup/again/", entrance.start_again, name="account_start_again"),
    path("preferences/", account.preferences, name="preferences"),
    path("name/", account.name, name="account_name"),
    path("muted/", account.muted, name="account_muted"),
    path("export/", account.export, name="account_export"),
    path("leave/", account.leave, name="account_leave"),
    # Not allauth.urls: of its addresses for accounts from elsewhere, readers need none.
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
]
