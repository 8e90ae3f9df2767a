// Shows what needs passkeys only where the browser has them, and says so when one was not used.
(function () {
  "use strict";
  if (window.PublicKeyCredential) {
    document.querySelectorAll(".passkey-only").forEach(function (element) {
      element.hidden = false;
    });
  }
  document.addEventListener("allauth.error", function (event) {
    event.preventDefault();
    document.querySelectorAll(".passkey-failed").forEach(function (element) {
      element.hidden = false;
    });
  });
})();
