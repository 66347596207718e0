/** The pairings of this process, each until its time is over. See docs/protocol/mcp.md §5.2. */
import type { McpHost } from "../host.ts";
import { type Conversation, PairSession } from "./session.ts";

const LIFE_MS = 600_000;
const ID_BYTES = 16;
/** More are of no use to one operator. */
const MAX_SESSIONS = 32;

export class PairSessions {
  readonly #host: McpHost;
  readonly #sessions = new Map<string, PairSession>();

  constructor(host: McpHost) {
    this.#host = host;
  }

  /** How long one lives, in seconds. */
  static readonly lifeS = LIFE_MS / 1_000;

  async open(relayUrl: string, conversation: Conversation): Promise<PairSession> {
    await this.#forgetOld();
    const { platform } = this.#host;
    const [oldest] = this.#sessions.values();
    if (this.#sessions.size >= MAX_SESSIONS && oldest !== undefined) {
      await this.remove(oldest, "given up for a newer pairing");
    }
    const id = platform.random.bytes(ID_BYTES).toHex();
    const endsAt = platform.clock.monotonic() + LIFE_MS;
    const session = new PairSession(platform, { id, relayUrl, endsAt }, conversation);
    this.#sessions.set(id, session);
    return session;
  }

  async find(id: string): Promise<PairSession | undefined> {
    await this.#forgetOld();
    return this.#sessions.get(id);
  }

  async remove(session: PairSession, why: string): Promise<void> {
    this.#sessions.delete(session.about.id);
    await session.end(why);
  }

  async ended(): Promise<void> {
    const all = [...this.#sessions.values()];
    await Promise.all(all.map((session) => this.remove(session, "wire mcp ended")));
  }

  async #forgetOld(): Promise<void> {
    const now = this.#host.platform.clock.monotonic();
    const old = [...this.#sessions.values()].filter(({ about }) => about.endsAt <= now);
    await Promise.all(old.map((session) => this.remove(session, "pairing expired")));
  }
}
