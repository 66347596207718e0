/** Reading and verifying events, one after another: what a pull or a long inbox costs. */
import { admitCard, makeCard } from "../protocol/identity/card.ts";
import { makeDid } from "../protocol/identity/did.ts";
import { keyPairFromSeed } from "../protocol/identity/keys.ts";
import { buildEvent, parseEvent, signEvent } from "../protocol/event/event.ts";
import { verifyEvent } from "../protocol/event/verify.ts";
import { isHandle } from "../protocol/ids.ts";
import { emptyTrust, pinCard } from "../protocol/trust/trust.ts";
import type { Bench } from "./figure.ts";

const EVENTS = 20_000;
const WARM_UP = 4_000;

export const verifyBench: Bench = {
  name: "verification",
  run() {
    const handle = "alice";
    if (!isHandle(handle)) throw new Error("a handle");
    const keys = keyPairFromSeed(new Uint8Array(32).fill(7));
    const did = makeDid(handle, keys.publicKey);
    const admitted = admitCard(makeCard({ handle, keys }));
    if (!admitted.ok) throw new Error(admitted.message);
    const pinned = pinCard(emptyTrust(), admitted, {
      tier: "VERIFIED",
      at: "2026-01-01T00:00:00Z",
    });
    if (!pinned.ok) throw new Error(pinned.reason);
    const { store } = pinned;
    const lines = Array.from({ length: EVENTS }, (_, n) =>
      signEvent(
        buildEvent({
          from: did,
          to: "did:wire:bob",
          type: "claim",
          kind: 1001,
          body: { n, text: "the build is green, and the tests are too" },
          timestamp: "2026-01-01T00:00:00Z",
        }),
        { did, keys },
      ).text);
    const verifyAll = (texts: readonly string[]): number => {
      const start = performance.now();
      for (const text of texts) {
        const verdict = verifyEvent(parseEvent(text), store);
        if (!verdict.ok) throw new Error(verdict.text);
      }
      return performance.now() - start;
    };
    verifyAll(lines.slice(0, WARM_UP));
    const ms = verifyAll(lines);
    const bytes = lines[0]?.length ?? 0;
    return Promise.resolve([{
      name: "parse, canonical form, hash, Ed25519",
      value: EVENTS / (ms / 1_000),
      unit: "events/s",
      conditions: `one thread, ${EVENTS} different events of ${bytes} bytes in stored form`,
      budget: { min: 25_000 },
    }]);
  },
};
