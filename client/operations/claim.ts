/** Claims a nick in a relay's directory. See docs/protocol/cli.md §4. */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { isClaimableNick } from "../../protocol/identity/did.ts";
import { quote } from "../../protocol/json/quote.ts";
import { isHandle, type RelayUrl } from "../../protocol/ids.ts";
import type { NewMailbox } from "../../store/home/mailbox.ts";
import type { ClientContext } from "../context.ts";
import { claimNick, ClaimReply } from "../directory_client.ts";
import { askedRelay, ensureSelf } from "../invite/ensure_self.ts";
import type { Operation } from "../operation.ts";
import { ownRoutes } from "../sync/routes.ts";

const ClaimInput = z.object({
  nick: z.string(),
  relay: z.string().optional(),
  /** Where others reach the relay, if not at the address that we use. */
  publicUrl: z.string().optional(),
  hidden: z.boolean().default(() => false),
});

const ClaimOutput = z.object({ nick: z.string(), relay: z.string(), response: ClaimReply });

/**
 * The same key again is the same. On another relay than that of our first mailbox the nick points at
 * the mailbox that we have there; without one it is refused, since nobody would read what comes.
 * @throws {WireError} usage; conflict; as ensureSelf and claimNick
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
    const there = asked === undefined || asked === mailbox.relayUrl
      ? mailbox
      : await mailboxOn(context, asked);
    const response = await claimNick(context, {
      nick,
      card: identity.card,
      mailbox: there,
      publicUrl: shown ?? there.relayUrl,
      isHidden: hidden,
    });
    return { nick, relay: shown ?? there.relayUrl, response };
  },
} satisfies Operation<typeof ClaimInput, typeof ClaimOutput>;

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

/** A mailbox of ours that the daemon reads. */
async function mailboxOn({ home }: ClientContext, relay: RelayUrl): Promise<NewMailbox> {
  const routes = ownRoutes(await home.readRelayState());
  const route = routes.find(({ relayUrl }) => relayUrl === relay);
  if (route !== undefined) return route;
  throw new WireError("conflict", `Cannot claim on ${relay}: this home has no mailbox there`, {
    hint: `wire bind-relay ${relay} first, or leave --relay out`,
  });
}
