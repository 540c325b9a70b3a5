// Preloaded into a gateway that the suite starts: it reaches nothing but this machine, nobody but this machine reaches
// it, and it ends with whoever started it.
"use strict";
const dgram = require("node:dgram");
const dns = require("node:dns");
const net = require("node:net");

const local = (host) => !host || host === "localhost" || host === "::1" || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(host);

function refused(host) {
  process.stderr.write(`refused to reach ${host}\n`);
  return Object.assign(new Error(`the contract suite lets nothing reach ${host}`), { code: "ECONNREFUSED" });
}

// Every connection of node, TLS and fetch included, is made here.
const connect = net.Socket.prototype.connect;
net.Socket.prototype.connect = function (...given) {
  const [first, second] = Array.isArray(given[0]) ? given[0] : given;
  const host = first !== null && typeof first === "object" ? first.host : typeof second === "string" ? second : "";
  if (local(host)) return connect.apply(this, given);
  process.nextTick(() => this.destroy(refused(host)));
  return this;
};

for (const resolver of [dns, dns.promises]) {
  for (const name of Object.keys(resolver).filter((each) => /^(lookup|resolve|reverse)/.test(each))) {
    const ask = resolver[name];
    resolver[name] = function (host, ...rest) {
      if (local(host)) return ask.call(this, host, ...rest);
      if (resolver === dns.promises) return Promise.reject(refused(host));
      process.nextTick(rest.at(-1), refused(host));
    };
  }
}

dgram.Socket.prototype.send = function () {
  throw refused("anything by datagram");
};

const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (first, ...rest) {
  const done = rest.filter((each) => typeof each === "function");
  const where = first !== null && typeof first === "object" ? first : { port: first };
  return listen.call(this, { ...where, host: "127.0.0.1" }, ...done);
};

// Some routes dial the public host of the provider whatever the caller says. They reach the provider of the suite.
const { fetch } = globalThis;
const provider = process.env.CONTRACT_PROVIDER;
globalThis.fetch = function (target, init) {
  const plain = typeof target === "string" || target instanceof URL;
  if (!provider || !plain || !String(target).startsWith("https://api.openai.com/v1")) return fetch(target, init);
  process.stderr.write(`sent on to the provider of the suite: ${new URL(target).origin}\n`);
  return fetch(String(target).replace("https://api.openai.com/v1", provider), init);
};

process.stdin.on("end", () => process.exit(0)).resume();
process.stdin.unref?.();
