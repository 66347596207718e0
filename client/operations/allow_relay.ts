/**
 * Lets peers have their mailboxes at an address on this machine or in a private network, or no
 * longer. See docs/protocol/extensions.md §9.
 */
import { z } from "zod";
import { networkOf } from "../../protocol/endpoint.ts";
import {
  allowedRelays,
  withAllowedRelay,
  withoutAllowedRelay,
} from "../../store/home/allowed_relays.ts";
import { relayUrlOf } from "../mailbox.ts";
import type { Operation } from "../operation.ts";

const AllowRelayInput = z.object({
  /** Without one, nothing is changed. */
  url: z.string().optional(),
  /** Takes it back. */
  remove: z.boolean().optional(),
});

const AllowRelayOutput = z.object({
  /** All of them, read back from relay.json. */
  allowed_relays: z.array(z.string()),
});

/**
 * The same again is the same. Works before `init`, since an invite may be what a home begins with.
 * @throws {WireError} usage; unreadable, locked, write_failed
 */
export const allowRelay = {
  input: AllowRelayInput,
  output: AllowRelayOutput,
  async run({ home, warn }, { url: text, remove }) {
    if (text !== undefined) {
      const url = relayUrlOf(text);
      const change = remove === true ? withoutAllowedRelay : withAllowedRelay;
      await home.updateRelayState("wire allow-relay", (state) => change(state, url));
      if (remove !== true && networkOf(url) === "public") {
        warn(`${url} is no address of this machine or a private network: it needs no consent`);
      }
    }
    return { allowed_relays: [...allowedRelays(await home.readRelayState())] };
  },
} satisfies Operation<typeof AllowRelayInput, typeof AllowRelayOutput>;
