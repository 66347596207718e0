/** Pairings and requests that wait for a person. Codes are not shown: they are secrets. */
import { PendingInbound } from "../../../store/home/pending_inbound.ts";
import type { Check, Finding } from "../check.ts";
import { counted, gathered, warn } from "../finding.ts";

export const pairings: Check = {
  id: "pairings",
  about: "pairings and requests that wait for you",
  lessons: [15, 16, 17],
  async look({ home }) {
    const unread = (): void => undefined; // another check names files that cannot be read
    const [old, ours, inbound] = await Promise.all([
      home.pendingPairs.list(unread),
      home.pair2.list(unread),
      new PendingInbound(home).list(unread),
    ]);
    const ready = old.filter(({ status }) => status === "sas_ready").length +
      ours.filter(({ state }) => state.tag === "comparing").length;
    const held = ours.filter(({ state }) => state.tag === "held" && !state.peerDone).length;
    const stuck = old.filter(({ status }) => status === "aborted_restart").length;
    const told = (count: number, words: string, fix: string): Finding[] =>
      count === 0 ? [] : [warn(`${counted(count, "pairing")} ${words}`, fix)];
    const names = inbound.map(({ peer_handle }) => peer_handle).join(", ");
    return gathered([
      ...told(ready, "with digits to compare", "wire pair-list"),
      ...told(held, "that the other side has not finished", "wire pair-list"),
      ...told(stuck, "cut off when the daemon stopped", "begin again: wire pair-host"),
      ...(inbound.length === 0 ? [] : [
        warn(`${counted(inbound.length, "request")} to pair: ${names}`, "wire pair-list-inbound"),
      ]),
    ], "none waits for you");
  },
};
