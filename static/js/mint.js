// @ts-check
import { DropZone } from "./drop-zone.js";

for (const root of document.querySelectorAll("[data-drop]")) if (root instanceof HTMLElement) new DropZone(root);
