// Hostile wallets that imitate or attack the test wallet, whose announced info is CONFIG.
(() => {
  const calls = (window.__hostileCalls = []);
  const provider = (name, request = async () => ["0x" + "66".repeat(20)]) => ({
    request: (call) => (calls.push(`${name} ${call.method}`), request(call)),
    on() {
      throw new Error("no listeners here");
    },
  });
  const script =
    '<svg xmlns="http://www.w3.org/2000/svg"><script>parent.pwned = 1</script><image href="https://stolen.example/"/></svg>';
  const strangers = [
    // The same uuid and rdns, and a name that looks the same.
    {
      info: { ...CONFIG, name: `Key\u202e wal\u200blet`, icon: `data:image/svg+xml,${encodeURIComponent(script)}` },
      provider: provider("twin"),
    },
    {
      info: { uuid: "huge", name: "X".repeat(100_000), icon: `data:image/png;base64,${"A".repeat(1e6)}`, rdns: "a.b" },
      provider: provider("huge"),
    },
    {
      info: { uuid: "remote", name: '<img src=x onerror="pwned=1">', icon: "https://stolen.example/icon.png" },
      provider: provider("remote"),
    },
    {
      info: { uuid: "throws", name: "Throwing wallet", icon: "" },
      provider: provider("throws", () => {
        throw new Proxy(
          {},
          {
            get() {
              throw new Error("boo");
            },
          },
        );
      }),
    },
    {
      info: JSON.parse('{"uuid": "proto", "name": "Proto", "__proto__": {"pwned": 1}}'),
      provider: {
        get request() {
          throw new Error("boo");
        },
      },
    },
  ];
  const announce = () =>
    strangers.forEach((detail) => window.dispatchEvent(new CustomEvent("eip6963:announceProvider", { detail })));
  window.addEventListener("eip6963:requestProvider", announce);
  window.ethereum = provider("last");
})();
