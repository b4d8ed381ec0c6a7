// Loaded synchronously in <head>, so that a page never flashes in the wrong theme.
// The choice is "auto", "light" or "dark" and stays in this browser.
(() => {
  "use strict";
  const KEY = "portal-theme";
  const root = document.documentElement;
  const systemIsDark = matchMedia("(prefers-color-scheme: dark)");

  const chosen = () => {
    try { return localStorage.getItem(KEY) || "auto"; } catch { return "auto"; }
  };
  const apply = () => {
    const choice = chosen();
    const system = systemIsDark.matches ? "dark" : "light";
    root.dataset.bsTheme = choice === "auto" ? system : choice;
  };
  const choose = (choice) => {
    try { localStorage.setItem(KEY, choice); } catch { /* a browser without storage follows the system */ }
    apply();
  };

  apply();
  systemIsDark.addEventListener("change", apply);
  window.portalTheme = { chosen, choose };
})();
