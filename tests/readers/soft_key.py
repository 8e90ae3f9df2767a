"""A passkey in software: answers WebAuthn's questions as a browser with an authenticator would."""

from __future__ import annotations

import json
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import Aaguid, AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

USER_PRESENT_AND_VERIFIED = 0x01 | 0x04
HAS_KEY = 0x40


class SoftKey:
    """One key pair for one site, `origin` being the site's address as the browser has it."""

    def __init__(self, origin: str, site: str) -> None:
        self.origin = origin
        self.site = sha256(site.encode())
        self.pair = ec.generate_private_key(ec.SECP256R1())
        self.id = secrets.token_bytes(32)
        self.user = b""
        self.counter = 0

    def create(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to navigator.credentials.create(options)."""
        ask = options["publicKey"]
        self.user = websafe_decode(ask["user"]["id"])
        public = ES256.from_cryptography_key(self.pair.public_key())
        key = AttestedCredentialData.create(Aaguid.NONE, self.id, public)
        data = AuthenticatorData.create(self.site, USER_PRESENT_AND_VERIFIED | HAS_KEY, self.counter, bytes(key))
        client = self._client("webauthn.create", ask["challenge"])
        answer = {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        }
        return self._credential(answer) | {"clientExtensionResults": {"credProps": {"rk": True}}}

    def get(self, options: dict[str, Any]) -> dict[str, Any]:
        """The answer to navigator.credentials.get(options)."""
        self.counter += 1
        client = self._client("webauthn.get", options["publicKey"]["challenge"])
        data = AuthenticatorData.create(self.site, USER_PRESENT_AND_VERIFIED, self.counter)
        signature = self.pair.sign(bytes(data) + sha256(client), ec.ECDSA(hashes.SHA256()))
        answer = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": websafe_encode(self.user),
        }
        return self._credential(answer) | {"clientExtensionResults": {}}

    def _client(self, kind: str, challenge: str) -> bytes:
        return bytes(CollectedClientData.create(type=kind, challenge=challenge, origin=self.origin))

    def _credential(self, answer: dict[str, str]) -> dict[str, Any]:
        return {
            "type": "public-key",
            "id": websafe_encode(self.id),
            "rawId": websafe_encode(self.id),
            "response": answer,
        }


def options_on(page: str) -> dict[str, Any]:
    """What the page hands to its script."""
    start = page.index('id="js_data" type="application/json">') + len('id="js_data" type="application/json">')
    data: dict[str, Any] = json.loads(page[start : page.index("</script>", start)])
    return data
