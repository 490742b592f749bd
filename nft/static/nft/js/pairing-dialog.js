// @ts-check
import { enableCopyButtons } from "../../profiles/js/copy.js";
import { createElement } from "../../profiles/js/dom.js";
import { isPhone } from "./phone.js";
import { gettext } from "../../profiles/js/words.js";

/**
 * The dialog that shows a WalletConnect pairing URI as a QR code, to copy, and on a phone as a link. The URI contains
 * the key of the connection, so the QR code is drawn in the browser and the URI is sent to nobody.
 */

const TITLE_ID = "pairing-title";

/**
 * Draw the QR code of a pairing URI.
 * @param {string} uri
 */
async function qrCode(uri) {
  const { renderSVG } = await import("../vendor/walletconnect.js");
  const image = document.createElement("img");
  image.src = `data:image/svg+xml,${encodeURIComponent(renderSVG(uri, { border: 4, ecc: "M" }))}`;
  image.alt = gettext("QR code that connects your wallet with this page");
  image.width = image.height = 288;
  image.className = "pairing-code";
  return image;
}

export class PairingDialog {
  /**
   * @param {string} uri
   * @param {() => void} stop called when the user closes the dialog
   */
  show(uri, stop) {
    this.hide();
    const dialog = createElement("dialog", "", "dialog pairing");
    dialog.setAttribute("aria-labelledby", TITLE_ID);
    const code = createElement("div", "", "pairing-frame");
    void qrCode(uri).then((image) => code.append(image));
    dialog.append(
      ...(isPhone(window) ? this.buildForPhone(uri, code) : this.buildForComputer(code)),
      this.buildActions(uri, () => dialog.close()),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (this.dialog !== dialog) return;
      this.dialog = undefined;
      stop();
    });
    document.body.append(dialog);
    this.dialog = dialog;
    dialog.showModal();
  }

  /** @param {HTMLElement} code */
  buildForComputer(code) {
    const title = createElement("h2", gettext("Scan with your wallet"));
    title.id = TITLE_ID;
    return [
      title,
      createElement(
        "p",
        gettext(
          "Open the wallet app on your phone, choose to scan or to connect, and point it here. The code is good for five minutes.",
        ),
      ),
      code,
    ];
  }

  /**
   * @param {string} uri
   * @param {HTMLElement} code
   */
  buildForPhone(uri, code) {
    const title = createElement("h2", gettext("Connect a wallet app"));
    title.id = TITLE_ID;
    const open = createElement("a", gettext("Open in a wallet app"), "button button-primary");
    open.href = uri;
    const fold = createElement("details", "", "fold");
    fold.append(createElement("summary", gettext("Scan with another device")), code);
    return [
      title,
      createElement(
        "p",
        gettext("Your phone opens the wallet, which asks whether to connect. Then come back to this page."),
      ),
      open,
      fold,
    ];
  }

  /**
   * @param {string} uri
   * @param {() => void} close
   */
  buildActions(uri, close) {
    const row = createElement("div", "", "form-actions");
    const copy = createElement("button", gettext("Copy the link"), "button");
    copy.type = "button";
    copy.dataset.copy = uri;
    const cancel = createElement("button", gettext("Cancel"), "button button-quiet");
    cancel.type = "button";
    cancel.addEventListener("click", close);
    row.append(copy, cancel);
    enableCopyButtons(row);
    return row;
  }

  /** Close the dialog without calling `stop`. */
  hide() {
    const { dialog } = this;
    this.dialog = undefined;
    dialog?.close();
  }
}
