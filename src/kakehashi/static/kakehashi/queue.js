// The queue works without this, by forms and links. With it: single keys, the next comment in place, live counts, a claim
// that is renewed while somebody looks.
(() => {
  "use strict";
  const $ = (selector, of = document) => of.querySelector(selector);
  const all = (selector, of = document) => [...of.querySelectorAll(selector)];
  const LIVE_MS = 5000, CLAIM_MS = 60000, DIGITS_MS = 700;

  // Many at once go on by themselves.
  const going = $("[data-goes-on]");
  if (going) going.requestSubmit();
  const desk = $("#desk"), said = $("#queue-said"), trouble = $("#queue-trouble");
  if (!desk) return;
  const say = (text) => { said.textContent = text; };
  // For everybody to see, until the next desk.
  const warn = (text) => { trouble.textContent = text; trouble.hidden = !text; };

  // Another desk in the place of this one ------------------------------------------------------------------------------
  let busy = false;
  const load = async (address, body) => {
    if (busy) return;
    busy = true;
    desk.setAttribute("aria-busy", "true");
    try {
      const answer = await fetch(address, { method: body ? "POST" : "GET", body, headers: { "X-Part": "desk" } });
      const html = await answer.text();
      if (html.includes("queue-columns")) {
        desk.innerHTML = html;
        begin(answer.ok);
      } else if (body) warn(said.dataset.unheard);
      else location.reload();
    } catch {
      warn(said.dataset.unheard);
    } finally {
      busy = false;
      desk.removeAttribute("aria-busy");
    }
  };

  // After each change: what was decided and what comes next is said, and the title of what comes next has the focus.
  const begin = (isWell) => {
    all("[data-keys]").forEach((button) => { button.hidden = false; });
    countDown();
    const title = $("#queue-title"), done = $("[data-said]"), error = $("[role=alert], .errorlist", desk);
    if (isWell === undefined) return;
    warn("");
    const next = done ? done.textContent.trim() + ". " + said.dataset.next + " " : "";
    say(isWell ? next + title.textContent.trim() : "");
    if (error) {
      error.tabIndex = -1;
      error.focus();
    } else {
      title.focus({ preventScroll: true });
      scrollTo(0, Math.min(scrollY, desk.offsetTop));
    }
  };

  const countDown = () => {
    const form = $(".queue-undo"), near = $(".queue-undo-near", desk);
    if (!form) return;
    let left = +form.dataset.seconds;
    const timer = setInterval(() => {
      if (!form.isConnected || (left -= 1) <= 0) {
        clearInterval(timer);
        form.remove();
        // Its place stays, so that no other button moves under somebody's thumb.
        near?.classList.add("gone");
      } else all("[data-left]", desk).forEach((one) => { one.textContent = left; });
    }, 1000);
  };

  desk.addEventListener("submit", (event) => {
    const form = event.target;
    if (!form.matches("[data-desk]")) return;
    event.preventDefault();
    // Not form.action: that is the buttons of this name.
    load(event.submitter?.getAttribute("formaction") || form.getAttribute("action"), new URLSearchParams(new FormData(form, event.submitter)));
  });
  desk.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-desk]");
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
      event.preventDefault();
      load(link.href);
    }
    if (event.target.closest("[data-keys]")) switchKeys();
  });

  // The rule brings its words and its usual consequence along, unless other words were typed -----------------------------
  desk.addEventListener("change", ({ target }) => {
    if (target.matches("[name=consequence]")) {
      $("[data-also-shown]", target.form).textContent = target.value && "+ " + target.selectedOptions[0].textContent;
    }
    if (!target.matches("input[name=rule]")) return;
    const form = target.form, why = form.elements.explanation;
    const prepared = all("input[name=rule]", form).map((one) => one.dataset.words.trim());
    if (!why.value.trim() || prepared.includes(why.value.trim())) why.value = target.dataset.words;
    form.elements.consequence.value = target.dataset.consequence;
    $("[data-also-shown]", form).textContent = target.dataset.also;
    $(".queue-more", form).open ||= !!target.dataset.consequence;
  });

  // Keys; off in fields, and wherever they are switched off --------------------------------------------------------------
  const areOff = () => localStorage.getItem("queue-keys") === "off";
  const switchKeys = () => {
    localStorage.setItem("queue-keys", areOff() ? "on" : "off");
    say(areOff() ? said.dataset.off : said.dataset.on);
  };
  const isTyping = (where) => where.matches("textarea, select, input:not([type=radio], [type=checkbox])");
  let digits = "", digitsAt = 0;
  const chooseRule = (digit) => {
    digits = (Date.now() - digitsAt < DIGITS_MS ? digits : "") + digit;
    digitsAt = Date.now();
    const radio = $(`[data-number="${+digits}"]`, desk) || $(`[data-number="${+(digits = digit)}"]`, desk);
    if (!radio) return;
    radio.checked = true;
    radio.dispatchEvent(new Event("change", { bubbles: true }));
    say(radio.parentElement.textContent.trim());
  };
  // Where the layout has other letters (Hangul, Cyrillic), by the place of the key.
  const letter = ({ key, code }) => (/^[ -~]$/.test(key) || !code.startsWith("Key") ? key : code[3]).toLowerCase();
  const press = (target) => {
    if (!target.matches("summary")) return target.click();
    target.parentElement.open = true;
    const field = $("textarea", target.parentElement) || target;
    field.scrollIntoView({ block: "nearest" });
    field.focus();
  };
  document.addEventListener("keydown", (event) => {
    const where = event.target, form = where.closest && where.closest("form");
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && where.matches("[name=text]")) {
      event.preventDefault();
      return $("[value=edited]", form).click();
    }
    if (event.key === "Escape" && isTyping(where)) return where.blur();
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || areOff() || isTyping(where)) return;
    if (/^[0-9]$/.test(event.key)) {
      event.preventDefault();
      return chooseRule(event.key);
    }
    const target = all("[data-key]", desk).find((one) => one.dataset.key.split(" ").includes(letter(event)));
    if (target) {
      event.preventDefault();
      press(target);
    }
  });

  // What others do meanwhile: counts, and who is at what -----------------------------------------------------------------
  const post = (wish) => {
    const item = $("[data-item]", desk), token = $("[name=csrfmiddlewaretoken]", desk);
    if (!item || !token || $("[value=take]", desk)) return null;
    return [item.dataset.claimUrl, new URLSearchParams({ wish, csrfmiddlewaretoken: token.value })];
  };
  let told = "", missed = 0;
  const look = async () => {
    if (document.hidden) return;
    const headers = { "X-Part": "desk" };
    try {
      const answer = await fetch(desk.dataset.live, { headers: told ? { ...headers, "If-None-Match": told } : headers, cache: "no-store" });
      // Who is no longer logged in is led elsewhere.
      if (answer.status !== 304 && (!answer.ok || answer.redirected)) throw new Error(answer.status);
      if (missed > 1 && trouble.textContent === said.dataset.stale) warn("");
      missed = 0;
      if (answer.status === 304) return;
      told = answer.headers.get("ETag") || "";
      const figures = await answer.json();
      all("[data-count]").forEach((one) => { one.textContent = figures[one.dataset.count].toLocaleString(); });
      const name = $(".menu-name")?.textContent.trim();
      all("[data-claim]").forEach((one) => {
        const who = figures.claims[one.dataset.claim] || "";
        one.textContent = who === name ? "" : who;
      });
      const item = $("[data-item]", desk), holder = item && figures.claims[item.dataset.item];
      if (holder && holder !== name && !$("[value=take]", desk)) warn(said.dataset.taken + " " + holder);
    } catch {
      // The next look tries again; once may be chance.
      missed += 1;
      if (missed > 1 && trouble.hidden) warn(said.dataset.stale);
    }
  };
  setInterval(look, LIVE_MS);
  setInterval(() => {
    const what = !document.hidden && post("keep");
    if (what) fetch(what[0], { method: "POST", body: what[1], headers: { "X-Part": "desk" } });
  }, CLAIM_MS);
  addEventListener("pagehide", () => {
    const what = post("leave");
    if (what) navigator.sendBeacon(...what);
  });

  begin();
})();
