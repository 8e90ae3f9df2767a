"""A passkey made and used in the real browser, with Chromium's own virtual authenticator."""

from __future__ import annotations

from tests.browser.conftest import Newsroom, Visit, Visitor


def with_authenticator(visit: Visit) -> None:
    """Plug a passkey provider into the browser that always says yes."""
    devtools = visit.page.context.new_cdp_session(visit.page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def at_localhost(visit: Visit) -> Visit:
    """The same server under a name: browsers make no passkeys for bare numbers."""
    visit.address = visit.address.replace("127.0.0.1", "localhost")
    visit.page.unroute_all()
    return visit


def test_a_passkey_is_made_and_logs_in(newsroom: Newsroom, visitor: Visitor) -> None:
    visit = at_localhost(visitor())
    with_authenticator(visit)
    login = {"email": "keyring@example.org", "password": "a lantern on the pier"}
    import_it = "from kakehashi.readers.actions import register_reader"
    assert newsroom.ask(import_it, f"register_reader(name='Key Ring', **{login!r}).pk")
    page = visit.log_in(login)

    visit.go("/account/2fa/")
    page.click("a[href='/account/2fa/webauthn/add/']")
    page.fill("input[name=password]", login["password"])
    page.click("main form button.button")
    page.wait_for_url("**/account/2fa/webauthn/add/")
    page.fill("input[name=name]", "Test key")
    page.check("input[name=passwordless]")
    assert visit.violations() == []
    page.click("#mfa_webauthn_add")
    page.wait_for_url("**/account/2fa/recovery-codes/")
    assert page.locator(".recovery-codes li").count() == 10

    visit.go("/account/logout/")
    page.click("main form button.button")
    page.wait_for_url(visit.address + "/")
    visit.go("/account/login/?next=/account/2fa/webauthn/")
    page.click("#passkey_login")
    page.wait_for_url(visit.address + "/account/2fa/webauthn/")
    assert "Test key" in page.inner_text("main")
    assert visit.complaints == []


def test_without_javascript_no_passkey_is_offered(visitor: Visitor) -> None:
    page = visitor(javascript=False).go("/account/login/")
    assert not page.locator("#passkey_login").is_visible()
    assert page.locator("main form button.button").first.is_visible()
