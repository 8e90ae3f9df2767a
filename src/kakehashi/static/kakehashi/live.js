// Says what is new, and shows it when asked. All works without this, less handily.
(() => {
  "use strict";
  const $ = (id) => document.getElementById(id);
  const fresh = new Set();
  let root, version, seen, source, timer, leaving, wait, isNear, isOver;

  const stop = () => {
    clearTimeout(timer);
    source?.close();
    source = timer = 0;
  };
  const listen = () => {
    if (source || timer || isOver || !isNear || document.hidden) return;
    source = new EventSource(root.dataset.live + "?since=" + version);
    source.onopen = () => {
      wait = 4e3;
      show();
    };
    source.addEventListener("changed", ({ data }) => tell(JSON.parse(data)));
    source.onerror = () => {
      if (source.readyState > 1) {
        // Refused: ask instead, ever less often.
        stop();
        timer = setTimeout(ask, wait = Math.min(wait * 1.5, 12e4));
      }
      show();
    };
  };
  const ask = async () => {
    timer = 0;
    try {
      const answer = await fetch(root.dataset.story + `changes/${version}.json`);
      if (answer.status === 204) isOver = true;
      else if (answer.ok) tell(await answer.json());
    } catch {}
    listen();
  };

  const tell = (told) => {
    version = told.version;
    if (isOver = told.reload) {
      stop();
      return show();
    }
    told.new?.forEach((id) => $("c-" + id) || fresh.add(id));
    for (const id in told.scores) {
      const score = document.querySelector(`#c-${id} .score`);
      if (score) score.textContent = told.scores[id];
    }
    for (const id in told.gone) {
      bury($("c-" + id), $("live").dataset[told.gone[id]], fresh.delete(+id));
      document.querySelectorAll(`.ground [href="/comment/${id}/"]`).forEach((link) => (link.closest(".voice") ?? link).remove());
    }
    document.querySelectorAll("#comments-title, .times .comment-count, .below-story .comment-count")
      .forEach((count) => count.textContent = words("count", told.count));
    show();
  };
  const bury = (article, note) => {
    // One that is just being withdrawn or judged here is the answer's to change.
    if (!article || article.matches(".is-removed, .is-withdrawn") || article.querySelector(".htmx-request, form.moderate")) return;
    // What stands below stays where it is.
    article.style.minHeight = article.offsetHeight + "px";
    article.querySelectorAll(":scope > :not(form, .moderate)").forEach((part) => part.remove());
    article.classList.add("is-removed");
    article.prepend(Object.assign(document.createElement("p"), { className: "state-note", textContent: note }));
  };
  const words = (name, n) => $("live").dataset[name].split("|")[+(n !== 1)].replace("{n}", n);
  const show = () => {
    const [link, button] = $("live").children, n = fresh.size;
    const text = n ? words("words", n) : "";
    link.hidden = n || source?.readyState === 1;
    button.hidden = !n;
    if (button.textContent !== text) button.textContent = text;
  };

  const showNew = async () => {
    const { place, story, order } = root.dataset, list = $("comment-list");
    const known = version, made = document.createElement("template");
    try {
      const answer = place && await fetch(story + `new/${seen}.html?order=${order}`);
      if (!answer.ok) throw 0;
      made.innerHTML = await answer.text();
    } catch {
      return $("live").firstElementChild.click();
    }
    made.content.querySelectorAll("article").forEach((article) => $(article.id) && article.remove());
    const first = made.content.querySelector("article");
    list.querySelector(".empty-line")?.remove();
    list[place](made.content);
    htmx.process(list);
    seen = known;
    fresh.clear();
    show();
    first?.setAttribute("tabindex", -1);
    first?.focus();
  };

  const begin = () => {
    if (root === $("comments")) return;
    stop();
    fresh.clear();
    root = $("comments");
    if (isOver = !root?.dataset.live) return;
    version = seen = root.dataset.version;
    wait = 4e3;
    $("live").lastElementChild.addEventListener("click", showNew);
    new IntersectionObserver(([entry]) => {
      isNear = entry.isIntersecting;
      listen();
    }, { rootMargin: "600px" }).observe(root);
  };
  document.addEventListener("visibilitychange", () => {
    clearTimeout(leaving);
    if (document.hidden) leaving = setTimeout(stop, 6e4);
    else listen();
  });
  // After one's own comment the discussion is another one.
  document.addEventListener("htmx:afterSettle", begin);
  begin();
})();
