import { z } from "zod";
import type { ClientContext } from "../../client/context.ts";
import { bindMailbox, relayUrlOf } from "../../client/mailbox.ts";
import { init } from "../../client/operations/init.ts";
import { WireError } from "../../protocol/errors.ts";
import { quote } from "../../protocol/json/quote.ts";
import type { Identity } from "../../store/home/identity.ts";
import { ADDS, defineTool } from "../tool.ts";

/** M22: the same handle again is no-op, another one an error. */
export const tool = defineTool({
  name: "wire_init",
  title: "Make an identity",
  description: "Make this agent's identity, once; with relay_url also its mailbox.",
  input: z.object({
    handle: z.string().describe("ASCII letters, digits, - and _"),
    name: z.string().optional().describe("Name on the card"),
    relay_url: z.string().optional().describe("Relay for the mailbox"),
  }),
  output: z.object({
    already_initialized: z.boolean(),
    config_dir: z.string(),
    did: z.string(),
    fingerprint: z.string(),
    handle: z.string(),
    key_id: z.string(),
    relay_url: z.string().optional(),
    slot_id: z.string().optional(),
  }),
  effects: ADDS,
  async run({ context }, { handle, name, relay_url }) {
    const { home } = context;
    const already = await home.isInitialized();
    if (already) refuseOther(await home.readIdentity(), handle);
    else await init.run(context, { handle, name });
    const identity = await home.readIdentity();
    return {
      already_initialized: already,
      config_dir: home.paths.configRoot,
      did: identity.did,
      fingerprint: identity.fingerprint,
      handle: identity.handle,
      key_id: identity.keyId,
      ...(relay_url === undefined ? {} : await mailboxAt(context, identity, relay_url)),
    };
  },
});

function refuseOther({ did, handle }: Identity, asked: string): void {
  if (handle === asked) return;
  throw new WireError(
    "already_initialized",
    `already initialized as ${did}; refusing to re-init as ${quote(asked)}`,
  );
}

/** A mailbox that exists is reported, wherever it is. */
async function mailboxAt(
  context: ClientContext,
  { handle }: Identity,
  relayUrl: string,
): Promise<{ relay_url: string; slot_id: string }> {
  const { self } = await context.home.readRelayState();
  if (self?.slot_id && self.relay_url) return { relay_url: self.relay_url, slot_id: self.slot_id };
  const url = relayUrlOf(relayUrl);
  const { slotId } = await bindMailbox(context, { url, handle, owner: "wire_init" });
  return { relay_url: url, slot_id: slotId };
}
