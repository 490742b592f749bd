// The part of the test wallet that runs in the page: an EIP-1193 provider, announced by EIP-6963. The keys stay in the
// test process.
(() => {
  const listeners = new Map();
  const provider = Object.freeze({
    async request({ method, params = [] }) {
      const answer = await window.__walletRequest(CONFIG.info.uuid, method, params);
      if (answer.silent) return new Promise(() => {});
      // As MetaMask does, tell of a switch only a while after it was answered.
      if (answer.later) setTimeout(() => tell(...answer.later), 180);
      if (answer.error) throw Object.assign(new Error(answer.error.message), answer.error);
      return answer.result;
    },
    on(name, listener) {
      listeners.set(name, [...(listeners.get(name) ?? []), listener]);
      return provider;
    },
    removeListener(name, listener) {
      listeners.set(
        name,
        (listeners.get(name) ?? []).filter((other) => other !== listener),
      );
      return provider;
    },
  });
  const told = (window.__walletTold = window.__walletTold ?? []);
  const tell = (name, value) => {
    (listeners.get(name) ?? []).forEach((listener) => listener(value));
    told.push(name);
  };
  window.__walletEmit = Object.assign(window.__walletEmit ?? {}, { [CONFIG.info.uuid]: tell });
  const announce = () =>
    window.dispatchEvent(
      new CustomEvent("eip6963:announceProvider", {
        detail: Object.freeze({ info: Object.freeze(CONFIG.info), provider }),
      }),
    );
  window.addEventListener("eip6963:requestProvider", announce);
  announce();
})();
