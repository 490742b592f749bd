// Node 20 lacks Promise.withResolvers, which Helia 7 calls; Node 22 and later have it.
Promise.withResolvers ??= function withResolvers() {
  const parts = {};
  parts.promise = new this((resolve, reject) => Object.assign(parts, { resolve, reject }));
  return parts;
};
