// All works without this. With htmx a survey moves from page to page in place; what goes wrong on the way is said here.
(() => {
  "use strict";
  const status = () => document.getElementById("survey-status");
  const say = (text) => { status().textContent = text; };
  document.addEventListener("htmx:beforeRequest", () => say(""));
  document.addEventListener("htmx:responseError", ({ detail }) => {
    const page = new DOMParser().parseFromString(detail.xhr.responseText, "text/html");
    say((page.querySelector("[role=alert], h1") || page.body).textContent.trim());
  });
  document.addEventListener("htmx:sendError", () => say(status().dataset.offline));
})();
