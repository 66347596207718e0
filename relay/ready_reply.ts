/** Readiness as an answer, on the relay's own address and on that of its metrics. */
import { plainText, type RelayReply } from "./exchange.ts";
import type { Readiness } from "./readiness.ts";

const NO_STORE = { "cache-control": "no-store" };

/** 200, or 503 with the reason. */
export async function readyReply(readiness: Readiness): Promise<RelayReply> {
  const problem = await readiness.problem();
  return problem === undefined
    ? plainText(200, "ready\n", NO_STORE)
    : plainText(503, `not ready: ${problem}\n`, { ...NO_STORE, "retry-after": "5" });
}
