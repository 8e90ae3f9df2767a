// In the form of a survey: a question shows only what its kind has a use for, and the audience decides about anonymity.
(() => {
  "use strict";
  const fit = (select) => {
    const question = select.closest("[data-inline-panel-child], [id^=inline_child_]") || select.form;
    question.querySelectorAll("[data-for]").forEach((panel) => {
      panel.hidden = !panel.dataset.for.split(" ").includes(select.value);
    });
  };
  const isKind = (element) => element.matches && element.matches("select[name^=questions-][name$=-kind]");
  const all = () => document.querySelectorAll("select[name^=questions-][name$=-kind]").forEach(fit);
  document.addEventListener("change", ({ target }) => isKind(target) && fit(target));
  // A question that is added comes with its own fields.
  document.addEventListener("DOMContentLoaded", () => {
    all();
    new MutationObserver(all).observe(document.body, { childList: true, subtree: true });
  });
})();
