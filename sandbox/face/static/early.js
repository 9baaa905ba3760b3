// Before the first paint: the look and language chosen last time.
(() => {
  const root = document.documentElement;
  try {
    const theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    const language = localStorage.getItem("language") ?? (navigator.language.startsWith("sw") ? "sw" : "en");
    root.lang = language === "sw" ? "sw" : "en";
  } catch {
    root.lang = "en"; // a browser that keeps nothing still shows the page
  }
})();
