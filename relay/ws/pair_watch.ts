/** A pairing looked at without asking again and again: one frame now, one at each change. */
import type { PairFrame } from "../../protocol/schemas/ws_frames.ts";
import type { PairGetReply } from "../../protocol/schemas/relay_api.ts";
import type { RelayContext } from "../context.ts";
import type { Credentials } from "../auth.ts";
import { json, type RelayReply } from "../exchange.ts";
import { shown, sideOf } from "../routes/pair2_meeting.ts";
import { frame } from "./frames.ts";

type PairContext = Pick<RelayContext, "pairs" | "pairs2" | "clock" | "log">;

/** Expiry is no change that anybody tells: it is looked for this often. */
const LOOK_MS = 5_000;

/** What is to be seen now. */
type View =
  /** Members of the frame, as JSON text without the opening brace. */
  | { readonly tag: "open" | "closed"; readonly members: string }
  | { readonly tag: "gone" }
  | { readonly tag: "refused"; readonly reply: RelayReply };

export interface PairWatchDeps {
  readonly context: PairContext;
  readonly request: PairFrame;
  send(text: string): void;
}

export class PairWatch {
  readonly #deps: PairWatchDeps;
  readonly #closed = new AbortController();
  #sent: string | undefined;
  #unwatch: () => void = () => {};
  #wake: () => void = () => {};
  #isChanged = false;

  constructor(deps: PairWatchDeps) {
    this.#deps = deps;
  }

  /** @returns why not, or undefined once the first frame is sent */
  async start(): Promise<RelayReply | undefined> {
    this.#unwatch = await this.#watch();
    const view = await this.#look();
    if (view.tag === "refused" || view.tag === "gone") {
      this.close();
      return view.tag === "refused" ? view.reply : json(404, { error: "unknown pair_id" });
    }
    this.#show(view);
    if (view.tag === "closed") this.close();
    return undefined;
  }

  /** Until the pairing is over. */
  async run(): Promise<void> {
    const { clock, log } = this.#deps.context;
    try {
      while (!this.#closed.signal.aborted) {
        if (!this.#isChanged) {
          const woken = new AbortController();
          const changed = new Promise<void>((resolve) => this.#wake = resolve);
          const stop = () => woken.abort();
          this.#closed.signal.addEventListener("abort", stop, { once: true });
          // A sleep that was called off has nothing to say.
          await Promise.race([changed, clock.sleep(LOOK_MS, woken.signal).catch(() => {})]);
          this.#closed.signal.removeEventListener("abort", stop);
          woken.abort();
        }
        if (this.#closed.signal.aborted) return;
        this.#isChanged = false;
        this.#show(await this.#look());
      }
    } catch (error) {
      log.error("cannot watch a pairing", { error: String(error) });
    } finally {
      this.close();
    }
  }

  close(): void {
    this.#closed.abort();
    this.#unwatch();
    this.#wake();
  }

  #show(view: View): void {
    if (this.#closed.signal.aborted) return;
    const { request: { ref, pair_id }, send } = this.#deps;
    if (view.tag === "gone") send(frame({ op: "pair", ref, pair_id, closed: "gone" }));
    else if (view.tag !== "refused" && view.members !== this.#sent) {
      this.#sent = view.members;
      send(`${frame({ op: "pair", ref, pair_id }).slice(0, -1)},${view.members}`);
    }
    if (view.tag !== "open") this.close();
  }

  async #watch(): Promise<() => void> {
    const { context: { pairs, pairs2 }, request } = this.#deps;
    const changed = () => {
      this.#isChanged = true;
      this.#wake();
    };
    if (request.token === undefined) return pairs.watch(request.pair_id, changed);
    const side = await pairs2.sideOf(request.pair_id, request.token);
    return side === undefined ? () => {} : pairs2.watch(side, changed);
  }

  async #look(): Promise<View> {
    const { context: { pairs, pairs2 }, request: { pair_id, as_role, token } } = this.#deps;
    if (as_role !== undefined) {
      const peer = await pairs.peek(pair_id, as_role);
      if (peer === undefined) return { tag: "gone" };
      const body = {
        peer_bootstrap: peer.bootstrap ?? null,
        peer_msg: peer.message ?? null,
      } satisfies PairGetReply;
      return { tag: "open", members: JSON.stringify(body).slice(1) };
    }
    const side = await sideOf(pairs2, pair_id, bearing(token ?? ""));
    if (!side.ok) return { tag: "refused", reply: side.reply };
    const { body } = shown(pairs2, side.value);
    const { closed } = pairs2.look(side.value);
    return { tag: closed === null ? "open" : "closed", members: String(body).slice(1) };
  }
}

/** A token as the routes read it. */
export const bearing = (token: string): Credentials => ({
  header: (name) => name === "authorization" ? `Bearer ${token}` : undefined,
});
