// @ts-check
import { UserFacingError } from "../../profiles/js/user-facing-error.js";
import { describeError } from "./wallet-errors.js";
import { CanceledError, WalletPanel } from "./wallet-panel.js";
import { gettext } from "../../profiles/js/words.js";

/**
 * "Add it to your wallet": ask a wallet to show a token (wallet_watchAsset, EIP-747).
 *
 * @typedef {import("./wallets.js").Wallet} Wallet
 * @typedef {{chain_id: number, address: string, token_id: string}} Asset
 */

const BY_HAND = gettext(
  "Import the NFT in your wallet by its contract address and token id, which stand on this page.",
);

class WatchAssetPanel extends WalletPanel {
  /**
   * @param {HTMLElement} root
   * @param {Asset} asset
   */
  constructor(root, asset) {
    super(root);
    this.asset = asset;
    this.showWallets((wallet) => this.add(wallet));
  }

  /** @param {Wallet} wallet */
  async add(wallet) {
    await this.ensureChain(wallet, this.asset.chain_id);
    this.setStatus(gettext("Asking {wallet} to show it…", { wallet: wallet.name }));
    const options = { address: this.asset.address, tokenId: this.asset.token_id };
    const call = { method: "wallet_watchAsset", params: { type: "ERC721", options } };
    const isAdded = await this.request(wallet, call).catch(explain);
    const done = gettext("Done. {wallet} shows it among your NFTs.", { wallet: wallet.name });
    this.setStatus(isAdded === false ? BY_HAND : done);
  }
}

/**
 * Throw an error that also says how to do it by hand, unless the user refused or stopped waiting.
 * @param {unknown} error
 * @returns {never}
 */
function explain(error) {
  const { kind, message } = describeError(error);
  if (error instanceof CanceledError || kind === "refused" || kind === "waiting") throw error;
  throw new UserFacingError(
    kind === "unsupported" ? `${gettext("This wallet cannot be asked for that.")} ${BY_HAND}` : message,
    kind,
  );
}

const asset = JSON.parse(document.getElementById("asset")?.textContent ?? "null");
for (const root of document.querySelectorAll("[data-watch-asset]"))
  if (root instanceof HTMLElement) new WatchAssetPanel(root, asset);
