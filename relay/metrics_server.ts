/** `/metrics` on an address of its own, away from the public one, with the two health checks. */
import type { RelayContext } from "./context.ts";
import { empty, plainText, type RelayReply, type RelayRequest } from "./exchange.ts";
import { type HostRules, refuseForeign } from "./host_guard.ts";
import { readyReply } from "./ready_reply.ts";
import { METRICS_TYPE } from "./metric_registry.ts";

type Watched = Pick<RelayContext, "metrics" | "readiness">;

/** Answers whoever watches the relay. */
export class MetricsApp {
  #hostRules: HostRules | undefined;

  constructor(readonly watched: Watched) {}

  guardLoopback(rules: HostRules): void {
    this.#hostRules = rules;
  }

  async handle(request: RelayRequest): Promise<RelayReply> {
    const refusal = this.#hostRules === undefined
      ? undefined
      : refuseForeign(this.#hostRules, request);
    if (refusal !== undefined) return refusal;
    const [path = ""] = request.target.split("?");
    const answer = PATHS.get(path);
    if (answer === undefined) return empty(404);
    if (request.method !== "GET") return empty(405, { allow: "GET" });
    return await answer(this.watched);
  }
}

type Answer = (watched: Watched) => Promise<RelayReply> | RelayReply;

const PATHS: ReadonlyMap<string, Answer> = new Map<string, Answer>([
  ["/metrics", async ({ metrics }) => ({
    status: 200,
    headers: { "content-type": METRICS_TYPE, "cache-control": "no-store" },
    body: await metrics.registry.text(),
  })],
  ["/healthz", () => plainText(200, "ok\n")],
  ["/readyz", ({ readiness }) => readyReply(readiness)],
]);
