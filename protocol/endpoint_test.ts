import assert from "node:assert/strict";
import fc from "fast-check";
import { testRuns } from "../tests/runs.ts";
import { type Network, networkOf } from "./endpoint.ts";
import { parseRelayUrl } from "./ids.ts";

function network(host: string): Network {
  const url = parseRelayUrl(`http://${host}:8770`);
  assert.ok(url !== undefined, host);
  return networkOf(url);
}

const HOSTS: Readonly<Record<Network, readonly string[]>> = {
  loopback: [
    "127.0.0.1",
    "127.255.255.254",
    "127.1",
    "127.0.1",
    "0x7f.0.0.1",
    "0X7F000001",
    "2130706433",
    "017700000001",
    "0177.0.0.1",
    "127.0.0.1.",
    "127。0。0。1",
    "１２７.0.0.1",
    "%31%32%37.0.0.1",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "localhost..",
    "wire.localhost",
    "ｌocalhost",
    "[::1]",
    "[0:0:0:0:0:0:0:1]",
    "[0000::0001]",
    "[::ffff:127.0.0.1]",
    "[::FFFF:7f00:1]",
    "[::127.0.0.1]",
    "[::ffff:0:127.0.0.1]",
    "[64:ff9b::127.0.0.1]",
    "[2002:7f00:1::]",
  ],
  private: [
    "0.0.0.0",
    "0",
    "0.1.2.3",
    "[::]",
    "10.0.0.5",
    "10.255.255.255",
    "012.0.0.5",
    "167772165",
    "10.5",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.0.1",
    "0xc0a80001",
    "192.168.1",
    "100.64.0.1",
    "100.127.255.255",
    "169.254.169.254",
    "0xa9fea9fe",
    "192.0.0.1",
    "198.18.0.1",
    "198.19.255.255",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "[fc00::1]",
    "[fdff:ffff::1]",
    "[fe80::1]",
    "[febf::1]",
    "[fec0::1]",
    "[ff02::1]",
    "[::ffff:10.0.0.5]",
    "[::ffff:a9fe:a9fe]",
    "[0:0:0:0:0:ffff:c0a8:1]",
    "[64:ff9b::10.0.0.5]",
    "[64:ff9b:1::1]",
    "[2002:c0a8:1::1]",
    "printer",
    "relay.local",
    "db.internal",
    "box.home.arpa",
    "RELAY.LOCAL.",
  ],
  public: [
    "1.1.1.1",
    "9.255.255.255",
    "11.0.0.0",
    "100.63.255.255",
    "100.128.0.0",
    "126.255.255.255",
    "128.0.0.1",
    "169.253.255.255",
    "172.15.255.255",
    "172.32.0.0",
    "192.167.255.255",
    "192.169.0.0",
    "198.17.255.255",
    "198.20.0.0",
    "223.255.255.255",
    "[2606:4700::1111]",
    "[fbff::1]",
    "[fe00::1]",
    "[::ffff:1.1.1.1]",
    "[64:ff9b::8.8.8.8]",
    "wireup.net",
    "relay.example",
    "localhost.example",
    "10.0.0.5.nip.io",
    "internal.example",
    "notlocal.xlocal",
    "127.0.0.1.example",
  ],
};

for (const [name, hosts] of Object.entries(HOSTS)) {
  Deno.test(`an address of this machine, a private network or the internet: ${name}`, () => {
    for (const host of hosts) assert.equal(network(host), name, host);
  });
}

Deno.test("an IPv4 address is in the same network in every spelling, also inside IPv6", () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 }),
      (bytes) => {
        const [a = 0, b = 0, c = 0, d = 0] = bytes;
        const dotted = bytes.join(".");
        const expected = network(dotted);
        const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join("");
        const spellings = [
          String(((a * 256 + b) * 256 + c) * 256 + d),
          `0x${hex}`,
          bytes.map((byte) => `0x${byte.toString(16)}`).join("."),
          bytes.map((byte) => `0${byte.toString(8)}`).join("."),
          `${a}.${b}.${c * 256 + d}`,
          `${a}.${(b * 256 + c) * 256 + d}`,
          `[::ffff:${dotted}]`,
          `[64:ff9b::${dotted}]`,
        ];
        for (const spelling of spellings) assert.equal(network(spelling), expected, spelling);
      },
    ),
    { numRuns: testRuns(200) },
  );
});

Deno.test("P3: whatever text is an address, it is in one of the networks", () => {
  const host = fc.oneof(
    fc.ipV4Extended(),
    fc.ipV6().map((text) => `[${text}]`),
    fc.domain(),
    fc.string(),
  );
  fc.assert(
    fc.property(host, (text) => {
      const url = parseRelayUrl(`https://${text}`);
      if (url !== undefined) assert.match(networkOf(url), /^(public|loopback|private)$/);
    }),
    { numRuns: testRuns(500) },
  );
});
