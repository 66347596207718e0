/** Claims a nick in a relay's directory. See docs/protocol/cli.md §4. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { isClaimableNick } from "../../protocol/identity/did.ts";
import { quote } from "../../protocol/json/quote.ts";
import { isHandle, type RelayUrl } from "../../protocol/ids.ts";
import type { ClientContext } from "../context.ts";
import { ClaimReply, resolve } from "../directory_client.ts";
import { askedRelay, ensureSelf } from "../invite/ensure_self.ts";
import { claimKept } from "../nicks/claim_kept.ts";
import type { Operation } from "../operation.ts";

const ClaimInput = z.object({
  nick: z.string(),
  relay: z.string().optional(),
  /** Where others reach the relay, if not at the address that we use. */
  publicUrl: z.string().optional(),
  hidden: z.boolean().default(() => false),
});

const ClaimOutput = z.object({
  nick: z.string(),
  relay: z.string(),
  /** Whether the relay has just named us to whoever asks for the nick; one for this machine does not. */
  resolves: z.boolean(),
  response: ClaimReply,
});

/**
 * The same key again is the same. On another relay than that of our first mailbox the nick points at
 * the mailbox that we have there; without one it is refused, since nobody would read what comes. What
 * is claimed is remembered, so that it follows us when we move.
 * @throws {WireError} usage; as ensureSelf and claimKept
 */
export const claim = {
  input: ClaimInput,
  output: ClaimOutput,
  async run(context, { nick, relay, publicUrl, hidden }) {
    if (!isClaimableNick(nick)) {
      throw new WireError(
        "usage",
        `Cannot claim ${quote(nick)}: expected 2-32 of [a-z0-9_-], and no reserved name`,
      );
    }
    const asked = askedRelay(relay);
    const shown = askedRelay(publicUrl);
    await identityCalled(context, nick);
    const { identity, mailbox } = await ensureSelf(context, {
      owner: "wire claim",
      ...(asked === undefined ? {} : { relay: asked }),
    });
    const relayUrl = asked ?? mailbox.relayUrl;
    const reachedAt = shown ?? relayUrl;
    const response = await claimKept(context, identity, {
      nick,
      relayUrl,
      publicUrl: reachedAt,
      isHidden: hidden,
    });
    const resolves = await namesUs(context, { relayUrl, nick, did: identity.did });
    return { nick, relay: reachedAt, resolves, response };
  },
} satisfies Operation<typeof ClaimInput, typeof ClaimOutput>;

interface Named {
  readonly relayUrl: RelayUrl;
  readonly nick: string;
  readonly did: string;
}

/** The claim is answered already: that nobody can find it is no reason to call it failed. */
async function namesUs(context: ClientContext, { relayUrl, nick, did }: Named): Promise<boolean> {
  try {
    return (await resolve(context, relayUrl, nick)).card.did === did;
  } catch (error) {
    if (error instanceof WireError) return false;
    throw error;
  }
}

/** A fresh home is called by the nick, so that both names are one. Again is the same. */
async function identityCalled({ home, warn }: ClientContext, nick: string): Promise<void> {
  if (!isHandle(nick) || await home.isInitialized()) return;
  try {
    const { did } = await home.createIdentity({ handle: nick });
    warn(`# this home is now ${did}`);
  } catch (error) {
    // Another command was faster: its name stays, and the nick may differ from it.
    if (!(error instanceof WireError && error.code === "already_initialized")) throw error;
  }
}
