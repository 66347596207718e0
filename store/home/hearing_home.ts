/**
 * A home as whoever receives mail sees it: blocked peers are as if never pinned, so that what they
 * send goes to quarantine, and comes to the inbox when they are unblocked.
 */
import { removeAgent, type TrustStore } from "../../protocol/trust/trust.ts";
import { readBlocklist } from "./blocklist.ts";
import { type Change, Home } from "./home.ts";

export class HearingHome extends Home {
  readonly #whole: Home;

  constructor(home: Home) {
    super(home.platform, home.paths);
    this.#whole = home;
  }

  /** Without blocked peers. @throws {WireError} unreadable, also of the blocklist */
  override async readTrust(): Promise<TrustStore> {
    const [trust, blocked] = await Promise.all([
      this.#whole.readTrust(),
      readBlocklist(this.#whole),
    ]);
    if (blocked.size === 0) return trust;
    return [...trust.agents.values()]
      .filter(({ did }) => did !== "" && blocked.has(did))
      .reduce((rest, { handle }) => removeAgent(rest, handle), trust);
  }

  /** Of the whole file: nobody's pin is lost because it is blocked. */
  override updateTrust(owner: string, change: Change<TrustStore>): Promise<TrustStore> {
    return this.#whole.updateTrust(owner, change);
  }
}
