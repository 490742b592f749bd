// @ts-check
/** Pictures that move: they stand still until they are played. Without scripts, the link opens the moving picture. */

/**
 * Turn the links below `root` into buttons that play and pause.
 * @param {ParentNode} root
 */
export function enablePlaying(root) {
  for (const link of root.querySelectorAll("a[data-play]")) if (link instanceof HTMLAnchorElement) enableLink(link);
}

/** @param {HTMLAnchorElement} link */
function enableLink(link) {
  const image = link.parentElement?.querySelector("img");
  const label = link.firstChild;
  if (!image || !label) return;
  const { src, srcset } = image;
  const { play = "", pause = "" } = link.dataset;
  let isPlaying = false;
  const toggle = () => {
    isPlaying = !isPlaying;
    image.srcset = isPlaying ? "" : srcset;
    image.src = isPlaying ? link.href : src;
    label.textContent = isPlaying ? pause : play;
  };
  link.setAttribute("role", "button");
  link.addEventListener("click", (event) => {
    event.preventDefault();
    toggle();
  });
  link.addEventListener("keydown", (event) => {
    if (event.key !== " ") return;
    event.preventDefault();
    toggle();
  });
}
