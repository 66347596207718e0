/**
 * One pairing that lives in this process: the same conversation as `wire pair-host` and `pair-join`
 * in a terminal, whose lines the agent's calls write. When the process dies the daemon goes on with it.
 * See docs/protocol/mcp.md §5.2 and docs/protocol/extensions.md §14 ruling 10.
 */
import { type ClientContext, createContext, type Origin } from "../../client/context.ts";
import type { PairForm } from "../../client/pairing/pair_listing.ts";
import type { PairOutput, PairResult } from "../../client/pairing/pair_progress.ts";
import type { Platform } from "../../platform/platform.ts";
import type { InputStream } from "../../platform/terminal.ts";
import { WireError } from "../../protocol/errors.ts";
import type { z } from "zod";

export type SessionState =
  | { readonly tag: "opening" }
  | { readonly tag: "waiting" }
  | { readonly tag: "sas_ready"; readonly sas: string }
  /** The digits were right; the other side has not finished. */
  | { readonly tag: "confirmed"; readonly sas: string }
  | { readonly tag: "finalized"; readonly result: PairResult }
  | { readonly tag: "aborted"; readonly error: unknown };

export type Conversation = (
  context: ClientContext,
  signal: AbortSignal,
) => AsyncIterable<PairOutput>;

export interface SessionAbout {
  readonly id: string;
  /** Of the relay where the sides meet. */
  readonly relayUrl: string;
  /** Milliseconds on the monotonic clock after which nothing is known of it any more. */
  readonly endsAt: number;
}

interface Meeting {
  readonly code: string;
  /** RFC 3339. */
  readonly expiresAt: string;
  readonly form: z.output<typeof PairForm>;
}

export class PairSession {
  readonly about: SessionAbout;
  readonly #platform: Platform;
  readonly #stop = new AbortController();
  readonly #typed = Promise.withResolvers<string>();
  readonly #warnings: string[] = [];
  readonly #running: Promise<void>;
  /** What proved the digits, which are typed once. */
  readonly #origin: { face: "mcp"; proof: Origin["proof"] } = { face: "mcp", proof: "unproved" };
  #state: SessionState = { tag: "opening" };
  #meeting: Meeting | undefined;
  #change = Promise.withResolvers<void>();

  constructor(platform: Platform, about: SessionAbout, conversation: Conversation) {
    this.#platform = platform;
    this.about = about;
    this.#running = this.#run(conversation);
  }

  get state(): SessionState {
    return this.#state;
  }

  /** Known unless it is still opening, or ended before it was open. */
  get meeting(): Meeting | undefined {
    return this.#meeting;
  }

  get warnings(): readonly string[] {
    return this.#warnings;
  }

  /** Waits at most so long while the state is one of these. @throws the signal's reason */
  async whileIn(
    tags: readonly SessionState["tag"][],
    ms: number,
    signal: AbortSignal,
  ): Promise<SessionState> {
    const { clock } = this.#platform;
    const giveUpAt = clock.monotonic() + ms;
    while (tags.includes(this.#state.tag)) {
      signal.throwIfAborted();
      const left = giveUpAt - clock.monotonic();
      if (left <= 0) break;
      const over = new AbortController();
      // Called off by us, or by the caller, which is looked at above.
      const slept = clock.sleep(left, AbortSignal.any([over.signal, signal])).catch(() =>
        undefined
      );
      await Promise.race([slept, this.#change.promise]);
      over.abort();
    }
    return this.#state;
  }

  /** What the operator typed: compared once, and never again. */
  type(digits: string, proof: Origin["proof"]): void {
    this.#origin.proof = proof;
    this.#typed.resolve(digits);
  }

  /** Gives it up, and tells the relay; an ended one stays as it ended. */
  async end(why: string): Promise<void> {
    this.#stop.abort(new WireError("pairing_failed", why));
    await this.#running;
  }

  async #run(conversation: Conversation): Promise<void> {
    const context = createContext(
      { ...this.#platform, terminal: terminalOf(this.#platform, this.#stdin()) },
      {
        warn: (line) => void this.#warnings.push(line),
        origin: this.#origin,
      },
    );
    try {
      for await (const output of conversation(context, this.#stop.signal)) this.#hear(output);
    } catch (error) {
      this.#become({ tag: "aborted", error: this.#stop.signal.aborted ? this.#reason() : error });
    }
  }

  #reason(): unknown {
    return this.#stop.signal.reason;
  }

  #hear(output: PairOutput): void {
    if ("progress" in output) {
      if (output.progress === "hosting" || output.progress === "joining") {
        const { code_phrase: code, expires_at: expiresAt, form } = output;
        this.#meeting = { code, expiresAt, form };
        this.#become({ tag: "waiting" });
      } else if (output.progress === "digits") {
        this.#become({ tag: "sas_ready", sas: output.sas });
      } else if (output.progress === "confirmed" && this.#state.tag === "sas_ready") {
        this.#become({ tag: "confirmed", sas: this.#state.sas });
      }
    } else if ("peer_slot_id" in output) this.#become({ tag: "finalized", result: output });
  }

  #become(state: SessionState): void {
    this.#state = state;
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
  }

  /** Not a terminal: what comes from an agent proves no person (docs/protocol/extensions.md §14 ruling 9). */
  #stdin(): InputStream {
    const typed = this.#typed.promise;
    return {
      ...NOTHING_TYPED,
      isTerminal: false,
      async readLine(signal) {
        const stopped = Promise.withResolvers<never>();
        const stop = (): void => stopped.reject(signal?.reason);
        signal?.addEventListener("abort", stop, { once: true });
        try {
          return await Promise.race([typed, stopped.promise]);
        } finally {
          signal?.removeEventListener("abort", stop);
        }
      },
    };
  }
}

const NOTHING_TYPED: Omit<InputStream, "readLine" | "isTerminal"> = {
  readAll: () => Promise.resolve(""),
  async *messages() {},
  keys: () => ({ next: () => Promise.resolve(undefined), [Symbol.dispose]: () => undefined }),
};

const terminalOf = ({ terminal }: Platform, stdin: InputStream): Platform["terminal"] => ({
  stdin,
  stdout: terminal.stdout,
  stderr: terminal.stderr,
  colour: () => false,
});
