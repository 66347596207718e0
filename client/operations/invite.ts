/** Issues an invite URL. See docs/protocol/cli.md §6.7 and docs/protocol/pairing.md §14.2. */
import { z } from "zod";
import type { RelayUrl } from "../../protocol/ids.ts";
import { type InviteNonce, isInviteNonce } from "../../protocol/invite/invite_record.ts";
import { mintInvite } from "../../protocol/invite/invite_url.ts";
import type { Random } from "../../platform/random.ts";
import { PendingInvites } from "../../store/home/pending_invites.ts";
import type { ClientContext } from "../context.ts";
import { handOutInvite } from "../grants/hand_out.ts";
import { askedRelay, ensureSelf } from "../invite/ensure_self.ts";
import { registerInvite, type ShareOptions } from "../invite/short_link.ts";
import type { Operation } from "../operation.ts";

const DAY_S = 24 * 3600;
const YEAR_S = 365 * DAY_S;
const NONCE_BYTES = 32;

const InviteInput = z.object({
  /** For a home without a mailbox, and the relay that holds the short link. */
  relay: z.string().optional(),
  /** Seconds. */
  ttl: z.int().min(0).max(YEAR_S).optional(),
  /** How many peers may use it; 0 counts as 1. */
  uses: z.int().min(0).max(2 ** 32 - 1).optional(),
  /** Whether a relay is to hold it behind a short link. */
  share: z.boolean().optional(),
  /** For faces that draw one on a terminal: also where there is none. The result is the same. */
  qr: z.boolean().optional(),
});

const Share = z.object({
  /** What to run on a machine without wire. */
  curl: z.string(),
  expires_unix: z.int(),
  share_url: z.string(),
  token: z.string(),
});

const InviteOutput = z.object({
  /** Holds a token to our mailbox: a secret between us and whoever is to accept it. */
  invite_url: z.string(),
  /** As asked for; else the relay of the mailbox in the invite. */
  relay: z.string(),
  ttl_secs: z.int(),
  uses: z.int(),
  share: Share.optional(),
});

/**
 * The invite is on our disk before anybody sees its URL. Where the relay has grants the URL holds
 * one of its own, which can post a little and read nothing.
 * @throws {WireError} usage; as ensureSelf; as handOutInvite and registerInvite (the invite stands
 * and is not shown)
 */
export const invite = {
  input: InviteInput,
  output: InviteOutput,
  async run(context, { relay: asked, ttl = DAY_S, uses = 1, share = false }) {
    const { home, platform: { clock, random } } = context;
    const relay = askedRelay(asked);
    const { identity, mailbox } = await ensureSelf(context, {
      owner: "wire invite",
      ...(relay === undefined ? {} : { relay }),
    });
    const nonce = newNonce(random);
    const now = Math.floor(clock.now() / 1000);
    const exp = now + ttl;
    const createdAt = clock.timestamp();
    await new PendingInvites(home).create({ nonce, exp, uses, createdAt }, now);
    const { did, card, keys } = identity;
    const given = await handOutInvite(context, { nonce, exp, uses }, mailbox);
    if (given.slotToken === mailbox.slotToken) {
      context.warn(
        "# it holds the token of this mailbox: whoever reads it can read the mail there",
      );
    }
    const inviteUrl = mintInvite({ did, card, keys, ...given, nonce, exp });
    const output = {
      invite_url: inviteUrl,
      relay: asked ?? mailbox.relayUrl,
      ttl_secs: ttl,
      uses,
    };
    if (!share) return output;
    const holder = relay ?? mailbox.relayUrl;
    const options = { ttlSeconds: ttl, uses: uses <= 1 ? 1 : null } as const;
    return { ...output, share: await shared(context, holder, { inviteUrl, ...options }) };
  },
} satisfies Operation<typeof InviteInput, typeof InviteOutput>;

function newNonce(random: Random): InviteNonce {
  const nonce = random.bytes(NONCE_BYTES).toHex();
  if (isInviteNonce(nonce)) return nonce;
  throw new TypeError("a nonce is 64 hex digits");
}

async function shared(
  context: ClientContext,
  relay: RelayUrl,
  options: ShareOptions & { readonly inviteUrl: string },
): Promise<z.output<typeof Share>> {
  const { token, url, expiresUnix } = await registerInvite(context, relay, options);
  return { curl: `curl -fsSL ${url} | sh`, expires_unix: expiresUnix, share_url: url, token };
}
