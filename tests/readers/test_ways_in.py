"""In through an account from elsewhere, against a real OpenID Connect server."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.cache import cache
from django.test import Client
from werkzeug import Request, Response

from kakehashi.readers import actions
from kakehashi.readers.models import Reader, Role
from tests.factories import PASSWORD, a_reader
from tests.readers.mailbox import code_in, last_mail
from tests.readers.provider import CONFIG, House, open_house, query, say_yes, set_out, through

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server() -> Iterator[House]:
    with open_house() as house:
        yield house


@pytest.fixture
def house(server: House, settings: Any) -> House:
    server.lies.clear()
    server.asked.clear()
    settings.SOCIALACCOUNT_PROVIDERS = server.settings()
    settings.KAKEHASHI_PROVIDER_ORIGINS = {server.url}
    cache.clear()
    return server


def verified(house: House, sub: str, email: str, name: str = "Mara Quill") -> str:
    return house.person(sub, email=email, email_verified=True, name=name)


def text(answer: Any) -> str:
    return str(answer.content.decode())


def is_in(client: Client) -> bool:
    return client.get("/account/").status_code == 200


def test_log_in_and_sign_up_list_what_is_on_and_nothing_else(client: Client, house: House, settings: Any) -> None:
    for page in ("/account/login/", "/account/signup/"):
        body = text(client.get(page + "?next=/politics/"))
        assert body.count("/account/via/") == 1
        assert "Go on with Press Club" in body
    settings.SOCIALACCOUNT_PROVIDERS = {}
    assert "/account/via/" not in text(client.get("/account/login/"))
    assert client.post("/account/via/press/").status_code == 404
    assert client.get("/account/oidc/press/login/callback/?code=1&state=2").status_code == 404
    assert client.get("/account/google/login/callback/?code=1&state=2").status_code == 404


def test_a_newcomer_chooses_a_name_and_is_in_where_they_were(client: Client, house: House) -> None:
    a_reader("Mara Quill")
    sub = verified(house, "mara", "mara@example.org")
    address = set_out(client, "/politics/")
    asked = query(address)
    assert len(asked["code_challenge"]) == 43
    assert asked["code_challenge_method"] == "S256"
    answer = client.get(say_yes(address, sub))
    assert answer.headers["Location"] == "/account/newcomer/"
    assert "code_verifier" in dict(house.asked)["/oauth2/token"]
    assert 'value="Mara Quill 2"' in text(client.get("/account/newcomer/"))
    assert "already somebody’s name" in text(client.post("/account/newcomer/", {"name": "mara  quill"}))
    answer = client.post("/account/newcomer/", {"name": "Quill of the Pier"})
    assert answer.headers["Location"] == "/politics/"
    account = SocialAccount.objects.get()
    assert (account.provider, account.uid, account.user.name) == ("press", "mara", "Quill of the Pier")
    assert account.extra_data == {"name": "Mara Quill", "email": "mara@example.org"}
    assert EmailAddress.objects.get().verified
    assert not account.user.has_usable_password()
    assert is_in(client)

    again = Client()
    assert through(again, sub, "/politics/").headers["Location"] == "/politics/"
    assert is_in(again)
    assert SocialAccount.objects.count() == Reader.objects.count() - 1 == 1


@pytest.mark.parametrize("claims", [
    {"name": "Mara", "email": "mara@example.org"},
    {"name": "Mara", "email": "mara@example.org", "email_verified": False},
    {"name": "Mara"},
])  # fmt: skip
def test_an_address_that_nobody_vouches_for_is_proved_by_a_code(client: Client, house: House, claims: Any) -> None:
    through(client, house.person("mara", **claims), "/politics/")
    assert f'value="{claims.get("email", "")}"' in text(client.get("/account/newcomer/")) or "email" not in claims
    answer = client.post("/account/newcomer/", {"name": "Mara", "email": "Other@example.org"})
    assert answer.headers["Location"] == "/account/newcomer/code/"
    assert not Reader.objects.exists()
    code = code_in(last_mail("other@example.org"))
    assert "This is not the code." in text(client.post("/account/newcomer/code/", {"code": "AAAA-BBBB"}))
    answer = client.post("/account/newcomer/code/", {"code": code.lower()})
    assert answer.headers["Location"] == "/politics/"
    reader = Reader.objects.get()
    assert (reader.email, reader.name) == ("other@example.org", "Mara")
    assert is_in(client)


def test_a_name_that_is_taken_is_said_before_a_code_is_mailed(client: Client, house: House) -> None:
    actions.register_reader(email="nell@example.org", name="Nell", password=PASSWORD)
    through(client, house.person("mara", name="Nell"))
    sent = len(mail.outbox)
    page = client.post("/account/newcomer/", {"name": "Nell", "email": "mara@example.org"})
    assert page.status_code == 200
    assert len(mail.outbox) == sent


def test_an_unverified_address_never_joins_and_never_tells(client: Client, house: House) -> None:
    nell = actions.register_reader(email="nell@example.org", name="Nell", password=PASSWORD)
    pages = []
    for number, email in enumerate(("nell@example.org", "nobody@example.org")):
        browser = Client()
        answer = through(browser, house.person(f"p{number}", email=email, email_verified=False, name="Mara"))
        assert answer.headers["Location"] == "/account/newcomer/"
        answer = browser.post("/account/newcomer/", {"name": "Mara", "email": email})
        page = text(browser.get("/account/newcomer/code/")).replace(email, "ADDRESS")
        wrong = text(browser.post("/account/newcomer/code/", {"code": "AAAA-BBBB"})).replace(email, "ADDRESS")
        cut = [piece.split("<main")[1].split("csrfmiddlewaretoken")[0] for piece in (page, wrong)]
        pages.append((answer.status_code, answer.headers["Location"], cut))
    assert pages[0] == pages[1]
    assert "There is one already" in str(last_mail("nell@example.org").body)
    assert not SocialAccount.objects.exists()
    assert Reader.objects.get() == nell


def test_five_wrong_codes_are_the_end_and_mails_are_few(client: Client, house: House) -> None:
    through(client, house.person("mara", name="Mara"))
    client.post("/account/newcomer/", {"name": "Mara", "email": "mara@example.org"})
    code = code_in(last_mail("mara@example.org"))
    page = text(client.post("/account/newcomer/", {"name": "Mara", "email": "mara@example.org"}))
    assert "We sent you a mail a moment ago." in page
    for _try in range(5):
        client.post("/account/newcomer/code/", {"code": "AAAA-BBBB"})
    answer = client.post("/account/newcomer/code/", {"code": code}, follow=True)
    assert "can no longer be entered" in text(answer)
    assert not Reader.objects.exists()
    for _mail in range(6):
        cache.clear()
        answer = client.post("/account/newcomer/", {"name": "Mara", "email": "mara@example.org"})
    assert "several codes already" in text(answer)
    assert len(mail.outbox) <= 6


@pytest.fixture
def nell() -> Reader:
    return actions.register_reader(email="nell@example.org", name="Nell", password=PASSWORD)


def test_a_verified_address_joins_after_the_password(client: Client, house: House, nell: Reader) -> None:
    answer = through(client, verified(house, "nell", "Nell@example.org"), "/politics/")
    assert answer.headers["Location"] == "/account/join/"
    assert "You have an account here" in text(client.get("/account/join/"))
    assert not SocialAccount.objects.exists()
    other = a_reader(email="other@example.org", password=PASSWORD)
    wrong = client.post("/account/join/", {"login": other.email, "password": "guess"})
    assert "do not belong together" in text(wrong)
    answer = client.post("/account/join/", {"login": other.email, "password": PASSWORD})
    assert answer.headers["Location"] == "/politics/"
    assert SocialAccount.objects.get().user == nell
    assert last_mail("nell@example.org").subject == "A new way to log in at Kakehashi"
    assert "From now on you can log in with Press Club too." in text(client.get("/account/ways/"))


def test_a_verified_address_joins_after_a_code(client: Client, house: House, nell: Reader) -> None:
    sub = verified(house, "nell", "nell@example.org")
    through(client, sub, "/politics/")
    assert client.post("/account/join/", {"action": "code"}).headers["Location"] == "/account/join/code/"
    assert not SocialAccount.objects.exists()
    assert "This is not the code." in text(client.post("/account/join/code/", {"code": "AAAA-BBBB"}))
    answer = client.post("/account/join/code/", {"code": code_in(last_mail("nell@example.org"))})
    assert answer.headers["Location"] == "/politics/"
    assert SocialAccount.objects.get().user == nell


def test_whoever_does_not_prove_it_makes_another_account(client: Client, house: House, nell: Reader) -> None:
    through(client, verified(house, "nell", "nell@example.org"))
    page = text(client.get("/account/newcomer/?address=other"))
    assert 'name="email"' in page
    client.post("/account/newcomer/?address=other", {"name": "Second", "email": "second@example.org"})
    client.post("/account/newcomer/code/", {"code": code_in(last_mail("second@example.org"))})
    assert SocialAccount.objects.get().user.name == "Second"
    # Neither by naming the taken address once more.
    browser = Client()
    through(browser, verified(house, "nell2", "nell@example.org"))
    assert browser.post("/account/newcomer/", {"name": "Third"}).headers["Location"] == "/account/join/"
    assert not SocialAccount.objects.filter(user=nell).exists()


def test_logging_in_as_somebody_else_connects_nothing(client: Client, house: House, nell: Reader) -> None:
    through(client, verified(house, "nell", "nell@example.org"))
    other = actions.register_reader(email="other@example.org", name="Other", password=PASSWORD)
    client.post("/account/login/", {"login": other.email, "password": PASSWORD})
    assert is_in(client)
    assert not SocialAccount.objects.exists()


def test_an_account_that_nobody_confirmed_gives_way(client: Client, house: House) -> None:
    actions.register_reader(email="mara@example.org", name="Squatter", password=PASSWORD, email_verified=False)
    through(client, verified(house, "mara", "mara@example.org"))
    client.post("/account/newcomer/", {"name": "Squatter Two"})
    assert Reader.objects.get().name == "Squatter Two"


def one_time_code(secret: str) -> str:
    return format_hotp_value(hotp_value(secret, next(yield_hotp_counters_from_time())))


def test_the_second_step_is_asked_for_before_anything_is_connected(client: Client, house: House, nell: Reader) -> None:
    secret = "JBSWY3DPEHPK3PXP"
    TOTP.activate(nell, secret)
    sub = verified(house, "nell", "nell@example.org")
    through(client, sub, "/politics/")
    answer = client.post("/account/join/", {"password": PASSWORD})
    assert answer.headers["Location"] == "/account/2fa/authenticate/"
    assert not SocialAccount.objects.exists()
    assert not is_in(client)
    answer = client.post(answer.headers["Location"], {"code": one_time_code(secret)})
    assert answer.headers["Location"] == "/politics/"
    assert SocialAccount.objects.get().user == nell
    again = Client()
    assert through(again, sub).headers["Location"] == "/account/2fa/authenticate/"
    assert not is_in(again)


def test_staff_are_sent_to_set_up_a_second_step(client: Client, house: House) -> None:
    through(client, verified(house, "mara", "mara@example.org"))
    client.post("/account/newcomer/", {"name": "Mara"})
    actions.set_role(actor=None, reader=Reader.objects.get(), role=Role.EDITOR)
    assert not Authenticator.objects.exists()
    assert client.get("/admin/").headers["Location"] == "/account/2fa/"


def test_closed_and_erased_accounts_do_not_open(client: Client, house: House, nell: Reader) -> None:
    actions.connect_way(reader=nell, provider="press", uid="nell", told={})
    sub = verified(house, "nell", "nell@example.org")
    Reader.objects.filter(pk=nell.pk).update(is_active=False)
    assert through(client, sub).headers["Location"] == "/account/inactive/"
    assert not is_in(client)
    Reader.objects.filter(pk=nell.pk).update(is_active=True)
    actions.erase_reader(reader=nell)
    assert not SocialAccount.objects.exists()
    assert through(client, sub).headers["Location"] == "/account/newcomer/"


def lie(body: str, status: int = 200, kind: str = "application/json") -> Any:
    return lambda request: Response(body, status, content_type=kind)


def an_hour_behind() -> Any:
    """An answer with an ID token that has run out."""

    def answer(request: Request) -> Response:
        now = int(time.time()) - 3600
        claims = {"iss": request.host_url.rstrip("/"), "aud": "courier", "sub": "x", "iat": now, "exp": now + 60}
        token = jwt.encode(claims, "a key that is long enough to be one", algorithm="HS256")
        return Response(f'{{"access_token": "t", "id_token": "{token}"}}', content_type="application/json")

    return answer


HOSTILE = '{"issuer": "x", "authorization_endpoint": "javascript:alert(1)", "token_endpoint": "http://127.0.0.1:1/"}'
ENDLESS = "x" * (2 << 20)


@pytest.mark.parametrize(("path", "answer", "status", "sentence"), [
    (CONFIG, lie("", 503), 502, "does not answer just now"),
    (CONFIG, lie("<html>", kind="text/html"), 502, "does not answer just now"),
    (CONFIG, lie("[]"), 502, "gave an answer that this site cannot use"),
    (CONFIG, lie(HOSTILE), 502, "gave an answer that this site cannot use"),
    (CONFIG, lie(ENDLESS), 502, "does not answer just now"),
    ("/oauth2/token", lie('{"error": "invalid_grant"}', 400), 502, "gave an answer that this site cannot use"),
    ("/oauth2/token", lie("oops", kind="text/plain"), 502, "gave an answer that this site cannot use"),
    ("/oauth2/token", an_hour_behind(), 502, "The clocks of Press Club and of this site disagree"),
    ("/userinfo", lie("null"), 502, "gave an answer that this site cannot use"),
    ("/userinfo", lie('{"sub": null}'), 302, ""),
    ("/userinfo", lie('{"email": "a@b.example"}'), 502, "gave an answer that this site cannot use"),
    ("/userinfo", lie("", 302, "text/plain"), 502, "does not answer just now"),
])  # fmt: skip
def test_whatever_a_provider_answers_there_is_a_page(
    client: Client, house: House, path: str, answer: Any, status: int, sentence: str
) -> None:
    sub = verified(house, "mara", "mara@example.org")
    if path == CONFIG:
        house.lies[path] = answer
        page: Any = client.post("/account/via/press/", {"next": "/politics/"})
    else:
        address = say_yes(set_out(client, "/politics/"), sub)
        house.lies["/userinfo"] = lie('{"sub": "mara"}')
        house.lies[path] = answer
        if path == "/userinfo":
            house.lies["/oauth2/token"] = lie('{"access_token": "t"}')
        page = client.get(address)
    assert page.status_code == status
    if sentence:
        assert sentence in text(page)
        assert 'href="/politics/"' in text(page)


def test_a_provider_that_is_down_or_leads_elsewhere_is_not_asked(client: Client, house: House, settings: Any) -> None:
    settings.KAKEHASHI_PROVIDER_ORIGINS = {"https://login.example"}
    assert client.post("/account/via/press/").status_code == 502
    assert house.asked == []
    settings.SOCIALACCOUNT_PROVIDERS = house.settings(settings={"server_url": "http://localhost:9"})
    settings.KAKEHASHI_PROVIDER_ORIGINS = {"http://localhost:9"}
    assert "does not answer just now" in text(client.post("/account/via/press/"))


def test_no_means_no_and_a_foreign_state_is_refused(client: Client, house: House) -> None:
    address = set_out(client, "/politics/")
    state = query(address)["state"]
    back = "/account/oidc/press/login/callback/"
    page = client.get(f"{back}?error=access_denied&state={state}")
    assert (page.status_code, "you chose not to go on" in text(page)) == (200, True)
    for wrong in (f"?code=1&state={state}", "?code=1&state=made-up", "", "?code=%ff&state=%ff"):
        page = client.get(back + wrong)
        assert page.status_code == 400, wrong
        assert "another browser, or too long ago" in text(page)
    assert not SocialAccount.objects.exists()


def test_nothing_of_it_opens_by_get_or_without_having_been_there(client: Client, house: House) -> None:
    assert (
        client.get("/account/via/press/?next=/politics/").headers["Location"] == "/account/login/?next=%2Fpolitics%2F"
    )
    for page in ("newcomer/", "newcomer/code/", "join/", "join/code/"):
        assert client.get(f"/account/{page}").headers["Location"] == "/account/login/"
        assert client.post(f"/account/{page}", {"code": "x"}).headers["Location"] == "/account/login/"
    assert Client(enforce_csrf_checks=True).post("/account/via/press/").status_code == 403
    assert client.post("/account/via/press/", {"next": "https://evil.example/"}).status_code == 200


def test_a_name_from_elsewhere_may_be_anything(client: Client, house: House) -> None:
    for number, name in enumerate(["", "x" * 500, "<script>alert(1)</script>", "\u202eevil", 7, None, "架け橋"]):
        browser = Client()
        answer = through(browser, house.person(f"n{number}", name=name, email="not an address", email_verified=True))
        assert answer.headers["Location"] == "/account/newcomer/", name
        page = text(browser.get("/account/newcomer/"))
        assert 'name="email"' in page
        assert "<script>alert" not in page


def test_a_suggested_name_is_free(house: House) -> None:
    from kakehashi.readers.actions.naming import suggest_name

    for name in ("Mara Quill", "Mara Quill 2", "mara quill 3"):
        a_reader(name)
    assert suggest_name("Mara  Quill") == "Mara Quill 4"
    assert suggest_name("a/b") == ""
    actions.erase_reader(reader=Reader.objects.get(name="Mara Quill 2"))
    assert suggest_name("Mara Quill") == "Mara Quill 4"
