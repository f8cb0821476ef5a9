// What the pages cannot say in HTML: countdowns, when to poll, and the keyboard.
// Everything works without this file. Texts come from the page.
(() => {
  "use strict";
  const root = document.documentElement;
  const all = (sel, from = document) => from.querySelectorAll(sel);
  const one = (sel, from = document) => from.querySelector(sel);
  const fire = (name, on = document.body) => on.dispatchEvent(new CustomEvent(name, { bubbles: true }));
  root.dataset.js = "";

  // ---- time: the server's clock, whatever this machine believes ----
  let offset = Number(sessionStorage.getItem("offset")) || 0;
  const now = () => Date.now() + offset;
  const learn = (headers, asked) => {
    const date = Date.parse(headers?.get("Date"));
    if (!date || Date.now() - asked > 2000) return; // a slow answer says little about the time
    // The header is cut to the second, so it is half a second old on average.
    const measured = date + 500 - (asked + Date.now()) / 2;
    if (Math.abs(measured - offset) > 700) offset = measured;
    sessionStorage.setItem("offset", offset);
  };

  const unit = (n, big, small) => [n, big, small];
  const length = (s) => {
    const [a, big, small] = s < 60 ? unit([s], "s")
      : s < 600 ? unit([Math.floor(s / 60), s % 60], "min", "s")
      : s < 3600 ? unit([Math.floor(s / 60)], "min")
      : s < 86400 ? unit([Math.floor(s / 3600), Math.floor((s % 3600) / 60)], "h", "min")
      : unit([Math.floor(s / 86400), Math.floor((s % 86400) / 3600)], "d", "h");
    return `${a[0]} ${big}` + (a[1] ? ` ${a[1]} ${small}` : "");
  };
  // data-rel says what the instant is: "due" counts down to a run, "past" counts
  // up from one, "run" is how long something has been going on.
  const relative = (t, left) => {
    if (t.dataset.rel === "run") return length(Math.max(0, Math.floor(-left)));
    if (t.dataset.rel === "past") return left > -1 ? "just now" : `${length(Math.floor(-left))} ago`;
    if (left >= 1) return `in ${length(Math.floor(left))}`;
    const grace = Number(t.dataset.grace) || 1;
    return left > -grace ? "due" : `late ${length(Math.floor(-left))}`;
  };

  const rung = new Set(); // due instants that were announced, once each
  let busy = false; // something on this page runs or is about to
  const tick = () => {
    if (document.hidden || stale.failures > 1) return;
    busy = Boolean(one("[data-running]"));
    for (const t of all("time[data-rel]")) {
      const at = Date.parse(t.dateTime), left = (at - now()) / 1000, text = relative(t, left);
      if (t.textContent !== text) t.textContent = text;
      if (t.dataset.rel !== "due") continue;
      if (left < 10 && left > -60) busy = true;
      const key = `${t.id} ${t.dateTime}`;
      if (left <= 0 && left > -5 && !rung.has(key)) {
        rung.add(key);
        setTimeout(() => fire("jobs:changed"), 400);
      }
    }
    if (busy) fire("jobs:changed");
  };
  const beat = () => {
    tick();
    stale.show();
    setTimeout(beat, 1000 - (((now() % 1000) + 1000) % 1000) + 5);
  };

  // ---- polling: not while hidden, slower while the server is away ----
  const stale = {
    failures: 0, again: 0, since: "",
    fail() {
      this.again = Date.now() + [5, 10, 30, 60][Math.min(this.failures++, 3)] * 1000;
      this.show();
    },
    ok() {
      if (this.failures > 1) setTimeout(tick);
      this.failures = 0;
      this.since = new Date(now()).toISOString().slice(11, 19);
      this.show();
    },
    show() {
      const bar = one("#stale");
      if (!bar) return;
      const lost = this.failures > 1, left = Math.max(0, Math.ceil((this.again - Date.now()) / 1000));
      root.toggleAttribute("data-stale", lost);
      if (lost) {
        // The announcement is said once; the seconds beside it are not.
        const text = bar.dataset.text.replace("{since}", this.since);
        const said = one("[data-said]", bar), wait = one("[data-wait]", bar);
        if (said.textContent !== text) said.textContent = text;
        wait.textContent = bar.dataset.again.replace("{s}", left);
      }
      bar.hidden = !lost;
      if (lost && left === 0) fire("jobs:changed");
    },
  };
  const polling = (e) => e.detail?.ctx?.sourceElement?.hasAttribute?.("data-poll") && e.detail.ctx;
  document.addEventListener("htmx:before:request", (e) => {
    if (!polling(e)) return;
    const ctx = e.detail.ctx;
    if (document.hidden || (stale.failures > 0 && Date.now() < stale.again)) return e.preventDefault();
    ctx.asked = Date.now();
  });
  document.addEventListener("htmx:after:request", (e) => {
    const ctx = polling(e);
    if (!ctx) return;
    learn(ctx.response.headers, ctx.asked);
    if (ctx.response.status < 400) stale.ok();
    else stale.fail();
  });
  document.addEventListener("htmx:error", (e) => { if (polling(e)) stale.fail(); });
  document.addEventListener("htmx:after:swap", tick);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) return;
    tick();
    fire("jobs:changed");
  });

  // ---- toasts: ten seconds, longer while looked at ----
  const toast = (el) => {
    let timer;
    const go = () => { timer = setTimeout(() => el.remove(), 10000); };
    const stay = () => clearTimeout(timer);
    for (const [name, what] of [["mouseenter", stay], ["focusin", stay], ["mouseleave", go], ["focusout", go]]) el.addEventListener(name, what);
    go();
  };
  const toasts = one("#toasts");
  if (toasts) {
    for (const el of toasts.children) toast(el);
    new MutationObserver((list) => {
      for (const m of list) for (const el of m.addedNodes) if (el.nodeType === 1) toast(el);
    }).observe(toasts, { childList: true });
  }

  // ---- dialogs, the row menu, the theme ----
  const dialog = (id) => {
    const d = document.getElementById(id);
    if (!d?.showModal) return false;
    if (!d.open) d.showModal();
    return true;
  };
  const menu = one("#row-menu");
  const openMenu = (button) => {
    const id = button.closest("[data-job]").dataset.job;
    one("[data-title]", menu).textContent = id;
    for (const a of all("a[data-sub]", menu)) a.href = `/jobs/${encodeURIComponent(id)}${a.dataset.sub}`;
    for (const a of all("a[data-query]", menu)) a.href = a.dataset.query + encodeURIComponent(id);
    menu.showPopover();
    const at = button.getBoundingClientRect();
    menu.style.left = `${Math.max(8, at.right - menu.offsetWidth)}px`;
    menu.style.top = `${at.bottom + menu.offsetHeight + 8 > innerHeight ? at.top - menu.offsetHeight - 4 : at.bottom + 4}px`;
    one("a", menu).focus();
    menu.addEventListener("toggle", (e) => { if (e.newState === "closed") button.isConnected && button.focus(); }, { once: true });
  };
  const setTheme = () => {
    const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
    document.cookie = `theme=${root.dataset.theme}; Path=/; Max-Age=31536000; SameSite=Lax`;
  };
  const follow = () => {
    const log = one("#log"), on = one("#follow");
    if (log && on?.checked) log.scrollTop = log.scrollHeight;
  };
  document.addEventListener("click", (e) => {
    if (e.ctrlKey || e.metaKey || e.shiftKey) return; // open elsewhere
    const el = e.target.closest("[data-dialog],[data-close],[data-menu],[data-theme-switch],[data-dismiss],[data-copy],[data-fill]");
    if (!el) return;
    if (el.dataset.dialog && dialog(el.dataset.dialog)) e.preventDefault();
    const open = el.hasAttribute("data-close") && el.closest("dialog[open]");
    if (open) { e.preventDefault(); open.close(); }
    if (el.hasAttribute("data-menu") && menu?.showPopover) { e.preventDefault(); openMenu(el); }
    if (el.hasAttribute("data-theme-switch")) setTheme();
    if (el.hasAttribute("data-dismiss")) el.closest("[data-toast]")?.remove();
    if (el.dataset.copy) navigator.clipboard?.writeText(one(el.dataset.copy)?.innerText ?? "");
    if (el.dataset.fill) {
      const field = one("#f-args-expression");
      field.value = el.dataset.fill;
      field.dispatchEvent(new Event("input", { bubbles: true }));
    }
  });
  // A second click while the first request is under way starts nothing.
  document.addEventListener("submit", (e) => {
    if (e.defaultPrevented || e.target.method === "dialog" || e.target.method === "get") return;
    if (e.target.dataset.sent && Date.now() - e.target.dataset.sent < 3000) return e.preventDefault();
    e.target.dataset.sent = Date.now();
  });
  addEventListener("pageshow", () => { for (const f of all("form[data-sent]")) delete f.dataset.sent; });

  // ---- the log: follow its end until the reader scrolls up ----
  document.addEventListener("scroll", (e) => {
    const on = one("#follow");
    if (e.target.id !== "log" || !on) return;
    on.checked = e.target.scrollTop + e.target.clientHeight >= e.target.scrollHeight - 24;
  }, true);
  document.addEventListener("htmx:after:swap", follow);
  document.addEventListener("change", (e) => { if (e.target.id === "follow") follow(); });

  // ---- keyboard ----
  const rows = () => [...all("#rows [data-job]")];
  const current = () => document.activeElement?.closest("#rows [data-job]") ?? one("#rows [data-cursor]");
  const move = (by) => {
    const list = rows(), at = list.indexOf(current());
    const to = list[Math.max(0, Math.min(list.length - 1, at + by))];
    if (!to) return;
    for (const r of all("#rows [data-cursor]")) delete r.dataset.cursor;
    to.dataset.cursor = "";
    one("a", to).focus({ preventScroll: true });
    to.scrollIntoView({ block: "nearest" });
  };
  // data-key names the key that does what the element does. In a list the row
  // under the cursor comes first.
  const press = (key) => {
    const row = current(), sel = `[data-key="${CSS.escape(key)}"]`;
    const el = (row && one(sel, row)) ?? [...all(sel)].find((x) => !x.closest("#rows"));
    if (el) return el.matches("input") ? el.focus() : el.click();
    const sub = { o: "", e: "/edit", d: "/delete" }[key];
    if (key === "n") location.href = "/jobs/new";
    else if (row && sub !== undefined) location.href = `/jobs/${encodeURIComponent(row.dataset.job)}${sub}`;
  };
  document.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && (e.ctrlKey || e.metaKey)) {
      const form = e.target.closest?.("form[data-submit]") ?? e.target.form;
      if (form?.hasAttribute("data-submit")) { e.preventDefault(); form.requestSubmit(one("[data-primary]", form) ?? undefined); }
      return;
    }
    if (e.ctrlKey || e.metaKey || e.altKey || e.defaultPrevented || one("dialog[open], [popover]:popover-open")) return;
    if (e.target.closest?.("input:not([type=checkbox],[type=radio]),textarea,select,[contenteditable]")) {
      if (e.key === "Escape") e.target.blur();
      return;
    }
    if (e.key === "j" || e.key === "k") move(e.key === "j" ? 1 : -1);
    else if (e.key.length === 1 && /[a-z/?[\]]/.test(e.key)) press(e.key);
    else return;
    e.preventDefault();
  });

  // ---- start ----
  const asked = Date.now();
  if (!sessionStorage.getItem("offset")) fetch("/healthz").then((r) => learn(r.headers, asked)).then(tick, () => {});
  one("#error-summary")?.focus();
  follow();
  stale.since = new Date(now()).toISOString().slice(11, 19);
  beat();
})();
