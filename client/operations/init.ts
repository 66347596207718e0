/** Makes an identity, and a mailbox if a relay is named. See docs/protocol/cli.md §4. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { isHandle, type RelayUrl } from "../../protocol/ids.ts";
import { quote } from "../../protocol/json/quote.ts";
import { bindMailbox, relayUrlOf } from "../mailbox.ts";
import type { Operation } from "../operation.ts";

const InitInput = z.object({
  handle: z.string(),
  /** On the card; the handle with its first letter in upper case unless given. */
  name: z.string().optional(),
  relay: z.string().optional(),
});

const InitOutput = z.object({
  config_dir: z.string(),
  did: z.string(),
  /** 8 hex digits. */
  fingerprint: z.string(),
  /** `<handle>:<fingerprint>`. */
  key_id: z.string(),
  relay_url: z.string().optional(),
  slot_id: z.string().optional(),
});

/**
 * @throws {WireError} already_initialized; usage. If the relay fails the identity stays, and the
 * error's hint says how to go on
 */
export const init = {
  input: InitInput,
  output: InitOutput,
  async run(context, { handle, name, relay }) {
    if (!isHandle(handle)) throw badHandle(handle);
    const url = relay === undefined ? undefined : relayUrlOf(relay);
    const identity = await context.home.createIdentity({
      handle,
      ...(name === undefined ? {} : { name }),
    });
    const made = {
      config_dir: context.home.paths.configRoot,
      did: identity.did,
      fingerprint: identity.fingerprint,
      key_id: identity.keyId,
    };
    if (url === undefined) return made;
    try {
      const { slotId } = await bindMailbox(context, { url, handle, owner: "wire init" });
      return { ...made, relay_url: url, slot_id: slotId };
    } catch (error) {
      throw error instanceof WireError ? identityStands(error, url) : error;
    }
  },
} satisfies Operation<typeof InitInput, typeof InitOutput>;

function badHandle(handle: string): WireError {
  const wanted = "handle must be ASCII alphanumeric, '-' or '_', 1 to 64 characters";
  return new WireError("usage", `${wanted} (and no device name): ${quote(handle)}`);
}

/** The error as it was, and how to go on: another `init` would say that there is an identity. */
function identityStands(error: WireError, url: RelayUrl): WireError {
  const next = `the identity was made; get it a mailbox later with: wire bind-relay ${url}`;
  const hint = error.hint === undefined ? next : `${error.hint}\n${next}`;
  return new WireError(error.code, error.message, { hint, cause: error.cause });
}
