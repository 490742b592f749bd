/* A classic, blocking script: it sets the stored theme before the first paint, so that the other theme is never
   visible. */
(function () {
  try {
    var theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch (refused) {
    /* Blocked storage: use the system's preference. */
  }
})();
