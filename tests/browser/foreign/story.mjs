// Sign in and mint with a third-party wallet, and print the result as JSON.
// Arguments: <site URL> <node URL> <private key> <picture file> <Chromium> <its flags>…
import { installMockWallet } from "@johanneskares/wallet-mock";
import { chromium } from "@playwright/test";
import { http } from "viem";
import { privateKeyToAccount } from "viem/accounts";
import { foundry } from "viem/chains";

const [site, node, key, picture, executablePath, ...flags] = process.argv.slice(2);
/** Return the alerts of the page, for error messages. */
const alerts = (page) => page.getByRole("alert").allInnerTexts();

const browser = await chromium.launch({ executablePath, args: flags });
try {
  const page = await browser.newPage({ baseURL: site });
  page.setDefaultTimeout(45_000);
  await installMockWallet({
    page,
    account: privateKeyToAccount(key),
    transports: { [foundry.id]: http(node) },
    defaultChain: foundry,
  });
  await page.goto("/accounts/login/");
  await Promise.all([
    page.waitForURL((url) => !url.pathname.startsWith("/accounts/login")),
    page.getByRole("button", { name: "Use Mock Wallet" }).click(),
  ]);
  await page.goto("/mint/");
  await page.getByRole("main").getByLabel("Choose a picture").setInputFiles(picture);
  await page.getByLabel("Name").fill("Made with a foreign wallet");
  await page.getByLabel("I pay").check();
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByLabel("Use it as my picture").uncheck();
  await page.getByRole("button", { name: "Continue to payment" }).click();
  await page.getByRole("button", { name: "Sign with Mock Wallet" }).click();
  await page
    .getByRole("heading", { name: "It is yours" })
    .waitFor()
    .catch(async (error) => {
      throw new Error(`The page says: ${await alerts(page)}`, { cause: error });
    });
  const facts = await page.locator("dl.facts").first().textContent();
  console.log(JSON.stringify({ url: page.url(), facts }));
} finally {
  await browser.close();
}
