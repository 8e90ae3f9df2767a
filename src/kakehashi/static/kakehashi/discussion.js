// All works without this, less handily.
(() => {
  "use strict";
  const on = (name, act, early) => document.addEventListener(name, act, early);
  const $ = (id) => document.getElementById(id);
  const keyOf = (form) => form.dataset.story && "draft-" + form.dataset.story;
  const say = (text, isError) => {
    const status = $("discussion-status");
    status.classList.toggle("error", !!isError);
    status.textContent = text;
  };
  const count = (area) => {
    const left = area.dataset.max - [...area.value].length;
    area.form.querySelector(".counter").textContent = left < 500 ? left + " " + area.dataset.left : "";
  };

  // What was typed is kept until the server has it.
  const keep = (key, text) => text ? localStorage.setItem(key, text) : localStorage.removeItem(key);
  const begin = () => {
    const area = $("comment-text");
    if (!area) return;
    const key = keyOf(area.form);
    if (!area.value && location.hash.startsWith("#c-") && sessionStorage.sent === key) keep(key, "");
    delete sessionStorage.sent;
    area.value ||= localStorage.getItem(key) || "";
    count(area);
  };

  const answer = (article, quoted) => {
    const area = $("comment-text"), note = $("comment-answering");
    const id = $("comment-parent").value = article.id.slice(2);
    if (quoted) {
      $("comment-quote").value = id;
      const lines = quoted.trim().split("\n").map((line) => ("> " + line).trim()).join("\n");
      area.value = (area.value.trim() && area.value.trimEnd() + "\n\n") + lines + "\n\n";
    }
    note.hidden = false;
    note.firstElementChild.textContent = area.dataset.answer + " " + article.querySelector(".p-author").textContent;
    area.focus();
    area.setSelectionRange(area.value.length, area.value.length);
    area.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const selectedIn = (content) => {
    const chosen = getSelection();
    return (chosen.containsNode(content, true) && content.contains(chosen.anchorNode) && chosen + "") || content.innerText;
  };

  on("click", (event) => {
    const link = event.target.closest("a.answer, a.quote, a.answer-none");
    if (!link || !$("comment-text") || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    if (link.matches(".answer-none")) {
      $("comment-parent").value = $("comment-quote").value = "";
      $("comment-answering").hidden = true;
      return $("comment-text").focus();
    }
    const article = link.closest("article");
    answer(article, link.matches(".quote") && selectedIn(article.querySelector(".e-content")));
  });

  on("input", ({ target }) => {
    if (!target.matches("textarea[data-max]")) return;
    count(target);
    if (keyOf(target.form)) keep(keyOf(target.form), target.value);
  });

  // One click, one comment.
  on("submit", (event) => {
    const form = event.target;
    if (!form.matches(".comment-form")) return;
    if (form.dataset.sending) {
      event.preventDefault();
      return event.stopImmediatePropagation();
    }
    form.dataset.sending = "1";
    if (keyOf(form)) sessionStorage.sent = keyOf(form);
  }, true);
  const rest = () => document.querySelectorAll("[data-sending]").forEach((form) => delete form.dataset.sending);
  addEventListener("pageshow", rest);
  on("htmx:afterRequest", rest);

  // A refusal with a place is shown there; any other is said in the live region.
  on("htmx:beforeSwap", ({ detail }) => {
    if (detail.xhr.status < 400 || !detail.xhr.getResponseHeader("HX-Retarget")) return;
    detail.shouldSwap = true;
    detail.isError = false;
  });
  on("htmx:responseError", ({ detail }) => {
    const page = new DOMParser().parseFromString(detail.xhr.responseText, "text/html");
    say((page.querySelector("[role=alert], h1") || page.body).textContent.trim(), true);
  });
  on("htmx:sendError", () => say($("discussion-status").dataset.offline, true));
  on("say", ({ detail }) => say(detail.value));
  on("posted", () => keep(keyOf($("reply")), ""));
  on("htmx:afterSettle", () => document.querySelectorAll("textarea[data-max]").forEach(count));

  begin();
})();
