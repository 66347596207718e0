/** From the moment `send` has returned to the line that the other side's `monitor` prints. */
import { World } from "../tests/e2e/world.ts";
import { pairHomes } from "../tests/e2e/pairing.ts";
import type { Bench } from "./figure.ts";
import { quantile } from "./measure.ts";

const MESSAGES = 60;

export const latencyBench: Bench = {
  name: "send → monitor",
  async run() {
    await using world = await World.create();
    const relay = await world.relay();
    const [alice, bob] = [
      await world.agent("alice", relay.url),
      await world.agent("bob", relay.url),
    ];
    await pairHomes(alice, bob, relay.url);
    for (const home of [alice, bob]) await home.daemon();
    const monitor = bob.monitor();
    await alice.ok(["send", "bob", "begin"]);
    await monitor.line("stdout", /"body_preview":"begin"/);
    const taken: number[] = [];
    for (let n = 0; n < MESSAGES; n++) {
      const body = `message ${n}`;
      await alice.ok(["send", "bob", body]);
      const returned = performance.now();
      await monitor.line("stdout", new RegExp(`"body_preview":"${body}"`));
      taken.push(performance.now() - returned);
    }
    const conditions =
      `both daemons up, relay on loopback, WebSockets, ${MESSAGES} messages one at a time`;
    return [
      {
        name: "send returned → monitor line, p50",
        value: quantile(taken, 0.5),
        unit: "ms",
        conditions,
        budget: { max: 15 },
      },
      {
        name: "send returned → monitor line, p99",
        value: quantile(taken, 0.99),
        unit: "ms",
        conditions,
        budget: { max: 60 },
      },
    ];
  },
};
