/**
 * Whether this process and the daemon are of one version: a host keeps its tool server for days, and an
 * upgrade restarts only the daemon (lesson 45). Told with every answer, never hidden.
 */
import type { ClientContext } from "../client/context.ts";
import { VERSION } from "../protocol/version.ts";

/** A daemon that answers later than this is not waited for. */
const PATIENCE_MS = 250;
const REMEMBERED_MS = 5_000;

export class Skew {
  #known: { readonly at: number; readonly text: string | undefined } | undefined;

  /** @returns what to tell, or undefined while there is nothing to tell */
  async look(context: ClientContext): Promise<string | undefined> {
    const { platform: { clock } } = context;
    const now = clock.monotonic();
    if (this.#known !== undefined && now - this.#known.at < REMEMBERED_MS) return this.#known.text;
    const over = new AbortController();
    // Called off as soon as the daemon has answered.
    const late = clock.sleep(PATIENCE_MS, over.signal).then(() => undefined, () => undefined);
    const status = await Promise.race([context.daemon.status(), late]);
    over.abort();
    const text = status === undefined || status.version === VERSION
      ? undefined
      : `this tool server is wire ${VERSION}, the daemon is wire ${status.version}: restart the ` +
        "agent's host, or reconnect its tool server, so that both are of one version";
    this.#known = { at: now, text };
    return text;
  }
}
