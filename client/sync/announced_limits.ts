/** What relays take in one frame: asked of each once in a while, and kept. */
import type { RelayUrl } from "../../protocol/ids.ts";
import type { ClientContext } from "../context.ts";
import { PROTOCOL_LIMITS, type PublishLimits, publishLimitsOf } from "../relay/publish_limits.ts";
import { errorText } from "./error_text.ts";
import { isOutside } from "./outside_error.ts";

const GOOD_FOR_MS = 300_000;
const AGAIN_AFTER_MS = 60_000;

interface Known {
  readonly limits: Promise<PublishLimits>;
  /** On the monotonic clock, ms. */
  until: number;
}

export class AnnouncedLimits {
  readonly #context: Pick<ClientContext, "platform" | "relay">;
  readonly #known = new Map<RelayUrl, Known>();

  constructor(context: Pick<ClientContext, "platform" | "relay">) {
    this.#context = context;
  }

  /**
   * @param relayUrl of a relay that announces features
   * @returns the protocol's while it does not say
   */
  of(relayUrl: RelayUrl): Promise<PublishLimits> {
    const now = this.#context.platform.clock.monotonic();
    const known = this.#known.get(relayUrl);
    if (known !== undefined && now < known.until) return known.limits;
    const asked: Known = { limits: this.#ask(relayUrl), until: now + GOOD_FOR_MS };
    this.#known.set(relayUrl, asked);
    return asked.limits;
  }

  async #ask(relayUrl: RelayUrl): Promise<PublishLimits> {
    const { platform: { clock, log }, relay } = this.#context;
    try {
      return publishLimitsOf(await relay(relayUrl).info());
    } catch (error) {
      if (!isOutside(error)) throw error;
      log.info("limits", { relay_url: relayUrl, error: errorText(error) });
      const known = this.#known.get(relayUrl);
      if (known !== undefined) known.until = clock.monotonic() + AGAIN_AFTER_MS;
      return PROTOCOL_LIMITS;
    }
  }
}
