/* Classic and blocking on purpose: it runs before the first paint, so a chosen theme never flashes the other one. */
(function () {
  document.documentElement.dataset.js = "";
  try {
    var theme = localStorage.getItem("theme");
    if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  } catch (refused) {
    /* Storage may be blocked; the system's preference then decides. */
  }
})();
