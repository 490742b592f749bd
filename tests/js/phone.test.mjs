// @ts-check
import assert from "node:assert/strict";
import { test } from "node:test";
import { cleanAppLink, metaMaskLink } from "../../nft/static/nft/js/phone.js";

test("the MetaMask link has the URL without its scheme and keeps the next page", () => {
  assert.equal(metaMaskLink("https://avatars.example/mint/"), "https://link.metamask.io/dapp/avatars.example/mint/");
  const kept = "https://link.metamask.io/dapp/avatars.example:8443/accounts/login/?next=/mint/";
  assert.equal(metaMaskLink("https://avatars.example:8443/accounts/login/?next=/mint/#top", "/elsewhere/"), kept);
  assert.equal(
    metaMaskLink("https://a.example/accounts/login/", "/mint/?a=1&b=2"),
    "https://link.metamask.io/dapp/a.example/accounts/login/?next=%2Fmint%2F%3Fa%3D1%26b%3D2",
  );
});

test("a wallet's link may open only an app or an https page", () => {
  for (const good of ["https://wallet.example/wc", "rainbow://", "trust://wc"])
    assert.equal(cleanAppLink(good), new URL(good).href);
  const bad = [
    "javascript:alert(1)",
    "javascript://%0aalert(1)",
    "data:text/html,hi",
    "http://wallet.example/",
    "file:///etc/passwd",
    "intent://x#Intent;end",
    "tel:123",
    "no link",
    "",
    null,
    7,
    `https://a.example/${"a".repeat(300)}`,
  ];
  for (const link of bad) assert.equal(cleanAppLink(link), "", String(link));
});
