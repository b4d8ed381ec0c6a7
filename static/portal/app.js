// The portal's behavior, bound by data attributes. Every page works without it except where noted.
(() => {
  "use strict";
  const one = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];

  // ---- saying things: the live region for screen readers, the toast for success

  const say = (text) => {
    const region = one("#live");
    if (!region) return;
    region.textContent = "";
    setTimeout(() => { region.textContent = text; }, 50);
  };
  const toast = (text) => {
    const box = one("#toast");
    const bootstrap = window.tabler?.bootstrap;
    if (!box || !bootstrap) return say(text);
    one(".toast-body", box).textContent = text;
    bootstrap.Toast.getOrCreateInstance(box, { delay: 4000 }).show();
  };

  // ---- theme

  const showTheme = () => all("[data-theme-set]").forEach((button) => {
    button.setAttribute("aria-pressed", String(button.dataset.themeSet === window.portalTheme.chosen()));
  });

  // ---- copy: <button data-copy="#id" data-copied="Copied"><span data-copy-label>Copy</span></button>

  const copy = async (button) => {
    const source = one(button.dataset.copy);
    await navigator.clipboard.writeText(source.value ?? source.textContent);
    const label = one("[data-copy-label]", button);
    const done = button.dataset.copied || "Copied";
    say(done);
    if (!label || label.dataset.usual) return;
    label.dataset.usual = label.textContent;
    label.textContent = done;
    setTimeout(() => { label.textContent = label.dataset.usual; delete label.dataset.usual; }, 2000);
  };

  // ---- dialogs: <button data-dialog="#id"> opens <dialog id>, <button data-close> closes it

  const onClick = (event) => {
    const target = event.target.closest("[data-copy], [data-dialog], [data-close], [data-theme-set], [data-hide], [data-password]");
    if (!target) return;
    const { copy: copied, dialog, themeSet, password } = target.dataset;
    if (copied) copy(target);
    else if (dialog) one(dialog).showModal();
    else if (themeSet) { window.portalTheme.choose(themeSet); showTheme(); }
    else if (password) togglePassword(target);
    else if ("hide" in target.dataset) hide(target.closest("[data-reveal-seconds]"));
    else target.closest("dialog").close();
  };

  // <button data-password="#id_password" data-show="Show" data-concealed="Hide">
  const togglePassword = (button) => {
    const input = one(button.dataset.password);
    const shown = input.type === "text";
    input.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
  };

  // ---- typed confirmation: <input data-confirm-word="prod" data-confirm-target="#button">

  const checkTypedWord = (input) => {
    const button = one(input.dataset.confirmTarget);
    if (button) button.disabled = input.value.trim() !== input.dataset.confirmWord;
  };

  // ---- a revealed value goes after its time, from the screen and from the document:
  //      <div data-reveal-seconds="60" data-reveal-gone="Hidden again."><output>…</output>
  //      <span data-countdown="Hides in {} s"></span> <button data-hide>Hide</button></div>

  const hide = (box) => {
    if (!box || box.dataset.gone) return;
    box.dataset.gone = "yes";
    clearInterval(box.ticking);
    const note = document.createElement("span");
    note.className = "text-secondary";
    note.tabIndex = -1;
    note.textContent = box.dataset.revealGone || "";
    const hadFocus = box.contains(document.activeElement);
    box.replaceChildren(note);
    box.classList.remove("revealed");
    if (hadFocus) note.focus();
    say(note.textContent);
  };
  const startCountdown = (box) => {
    if (box.ticking || box.dataset.gone) return;
    const ends = Date.now() + Number(box.dataset.revealSeconds) * 1000;
    const note = one("[data-countdown]", box);
    const tick = () => {
      const left = Math.ceil((ends - Date.now()) / 1000);
      if (left <= 0) return hide(box);
      if (note) note.textContent = note.dataset.countdown.replace("{}", String(left));
    };
    box.ticking = setInterval(tick, 500);
    tick();
  };
  const hideAll = () => all("[data-reveal-seconds]").forEach(hide);

  // ---- charts: hover and arrow keys read the same points that the table beneath shows

  const startChart = (chart) => {
    if (chart.dataset.ready) return;
    chart.dataset.ready = "yes";
    const points = JSON.parse(document.getElementById(chart.dataset.chart).textContent);
    const plot = one(".chart-plot", chart);
    let at = -1;
    const read = (index) => {
      at = Math.max(0, Math.min(points.length - 1, index));
      const x = at / Math.max(1, points.length - 1) * 100;
      one(".chart-cursor", chart).style.left = `${x}%`;
      one(".chart-tip", chart).style.left = `${Math.min(84, Math.max(16, x))}%`;
      one(".chart-tip", chart).replaceChildren(...points[at].map((text, line) => {
        const row = document.createElement("div");
        row.textContent = text;
        if (line === 0) row.className = "fw-bold";
        return row;
      }));
      chart.classList.add("is-reading");
    };
    const stop = () => chart.classList.remove("is-reading");
    plot.addEventListener("pointermove", (event) => {
      const box = plot.getBoundingClientRect();
      read(Math.round((event.clientX - box.left) / box.width * (points.length - 1)));
    });
    plot.addEventListener("pointerleave", stop);
    plot.addEventListener("blur", stop);
    plot.addEventListener("keydown", (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (step) { event.preventDefault(); read(at + step); say(points[at].join(", ")); }
      if (event.key === "Escape") stop();
    });
  };

  // ---- files: <label class="drop-zone" data-drop><input type="file"><span data-file-name></span></label>

  const showFile = (input) => {
    const label = one("[data-file-name]", input.closest("[data-drop]"));
    if (label && input.files.length) label.textContent = input.files[0].name;
  };
  const startDropZone = (zone) => {
    if (zone.dataset.ready) return;
    zone.dataset.ready = "yes";
    const input = one("input[type=file]", zone);
    const over = (isOver) => (event) => { event.preventDefault(); zone.classList.toggle("is-over", isOver); };
    zone.addEventListener("dragover", over(true));
    zone.addEventListener("dragleave", over(false));
    zone.addEventListener("drop", (event) => {
      over(false)(event);
      input.files = event.dataTransfer.files;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
  };

  // ---- keyset paging: the link that loaded older rows is gone, so the first new row takes the focus:
  //      <tbody data-older="Older events loaded"> is the hx-target, rows carry ids

  let rowsBefore = 0;
  const rememberRows = (event) => {
    if (event.detail.target.dataset?.older) rowsBefore = event.detail.target.rows.length;
  };
  const focusFirstNewRow = (event) => {
    const body = event.detail.target;
    if (!body.dataset?.older || body.rows.length <= rowsBefore) return;
    const row = body.rows[rowsBefore];
    row.tabIndex = -1;
    row.focus({ preventScroll: true });
    say(body.dataset.older);
  };

  const start = (root) => {
    all("[data-chart]", root).forEach(startChart);
    all("[data-drop]", root).forEach(startDropZone);
    all("[data-reveal-seconds]", root).forEach(startCountdown);
    all("dialog[data-open-now]", root).forEach((dialog) => { if (!dialog.open) dialog.showModal(); });
  };

  document.addEventListener("click", onClick);
  document.addEventListener("input", (event) => { if (event.target.matches("[data-confirm-word]")) checkTypedWord(event.target); });
  document.addEventListener("change", (event) => { if (event.target.matches("[data-drop] input")) showFile(event.target); });
  document.body.addEventListener("htmx:beforeSwap", (event) => {
    rememberRows(event);
    // Errors come as fragments that say what to do (into #problem), or as the form with its errors.
    const isFragment = event.detail.xhr.getResponseHeader("HX-Retarget") || event.detail.xhr.status === 422;
    if (event.detail.xhr.status >= 400 && isFragment) event.detail.shouldSwap = true;
  });
  document.body.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.successful) one("#problem")?.replaceChildren();
  });
  document.body.addEventListener("htmx:afterSwap", focusFirstNewRow);
  document.body.addEventListener("htmx:load", (event) => start(event.detail.elt.parentElement || document));
  document.body.addEventListener("htmx:sendError", () => toast(document.body.dataset.offline || "The server did not answer."));
  document.body.addEventListener("portal:toast", (event) => toast(event.detail.value));
  // A page kept for the back button, or left in a hidden tab, must not keep a revealed value.
  window.addEventListener("pagehide", hideAll);
  showTheme();
  start(document);
})();
