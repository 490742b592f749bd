// @ts-check
import { DropZone } from "../../profiles/js/drop-zone.js";

for (const root of document.querySelectorAll("[data-drop]")) if (root instanceof HTMLElement) new DropZone(root);
