/**
 * Who somebody says to be, as far as a card proves it: ourselves, a pinned peer, or `nick@domain`.
 * See docs/protocol/cli.md §4 and docs/protocol/pairing.md §15.1.
 */
import { z } from "zod";
import { WireError } from "../../protocol/errors.ts";
import { admitCard, type AdmittedCard } from "../../protocol/identity/card.ts";
import { identityCheck } from "../../protocol/identity/identity_check.ts";
import { fingerprint } from "../../protocol/identity/keys.ts";
import { profileOf } from "../../protocol/identity/profile.ts";
import { type JsonObject, member, plain, stringMember } from "../../protocol/json/value.ts";
import { quote } from "../../protocol/json/quote.ts";
import { agentOf } from "../../protocol/trust/trust.ts";
import type { Home } from "../../store/home/home.ts";
import type { ClientContext } from "../context.ts";
import { resolve } from "../directory_client.ts";
import { askedRelay } from "../invite/ensure_self.ts";
import { parsePeerAddress } from "../nicks/peer_address.ts";
import type { Operation } from "../operation.ts";
import { peerToWriteTo, shownTier } from "../peer_view.ts";

const WhoisInput = z.object({
  /** `nick@domain`, or a pinned peer; ourselves without one. */
  handle: z.string().optional(),
  /** Where to ask, in the place of `https://<domain>`. */
  relay: z.string().optional(),
});

const Profile = z.record(z.string(), z.unknown()).nullable();
const Card = z.record(z.string(), z.unknown());

const Self = z.object({ did: z.string(), profile: Profile, fingerprint: z.string() });

/** What the card proves; all of its text is the peer's own. */
const Proved = z.object({
  card: Card,
  did: z.string(),
  profile: Profile,
  fingerprint: z.string(),
  /** What two people compare over voice (docs/protocol/pairing.md §6.3); needs an identity. */
  identity_check: z.string().optional(),
});

const Pinned = Proved.extend({ handle: z.string(), tier: z.string() });

const Found = Proved.extend({
  claimed_at: z.string().nullable(),
  nick: z.string(),
  relay_url: z.string().nullable(),
  slot_id: z.string().nullable(),
});

const WhoisOutput = z.union([Found, Pinned, Self]);

/**
 * Reads only: nobody is pinned by being looked up.
 * @throws {WireError} not_initialized (ourselves); usage; not_found (no such peer); bad_input (a
 * pinned card that does not prove its key); unreadable; as resolve
 */
export const whois = {
  input: WhoisInput,
  output: WhoisOutput,
  async run(context, { handle, relay }) {
    const { home } = context;
    if (handle === undefined || await isOwnHandle(home, handle)) return await ourselves(home);
    return handle.includes("@")
      ? await found(context, handle, relay)
      : await pinned(context, handle);
  },
} satisfies Operation<typeof WhoisInput, typeof WhoisOutput>;

async function isOwnHandle(home: Home, handle: string): Promise<boolean> {
  if (!await home.isInitialized()) return false;
  const { card, did, handle: own } = await home.readIdentity();
  const profile = profileOf(card);
  return handle === own || handle === did ||
    (profile !== undefined && stringMember(profile, "handle") === handle);
}

async function ourselves(home: Home): Promise<z.output<typeof Self>> {
  const identity = await home.readIdentity();
  return {
    did: identity.did,
    profile: profileIn(identity.card),
    fingerprint: identity.fingerprint,
  };
}

async function pinned(
  { home }: ClientContext,
  text: string,
): Promise<z.output<typeof Pinned>> {
  const [trust, state] = await Promise.all([home.readTrust(), home.readRelayState()]);
  const handle = peerToWriteTo(text, trust);
  const agent = agentOf(trust, handle);
  if (agent === undefined) {
    throw new WireError("not_found", `unknown peer ${quote(text)}`, {
      hint: "wire peers lists the pinned ones; others are asked for as nick@domain",
    });
  }
  const card = admitCard(member(agent.value, "card") ?? null);
  if (!card.ok || card.did !== agent.did) {
    const why = card.ok ? `it is that of ${card.did}` : card.message;
    throw new WireError("bad_input", `Cannot read the pinned card of ${agent.handle}: ${why}`);
  }
  return { ...await proved(home, card), handle: agent.handle, tier: shownTier(agent, state) };
}

async function found(
  context: ClientContext,
  handle: string,
  relay: string | undefined,
): Promise<z.output<typeof Found>> {
  const name = parsePeerAddress(handle);
  const directory = askedRelay(relay) ?? name.directory;
  const { card, ...record } = await resolve(context, directory, name.nick);
  return {
    ...await proved(context.home, card),
    claimed_at: record.claimedAt ?? null,
    nick: record.nick,
    relay_url: record.relayUrl ?? null,
    slot_id: record.slotId ?? null,
  };
}

async function proved(
  home: Home,
  { card, did, publicKey }: AdmittedCard,
): Promise<z.output<typeof Proved>> {
  const check = await home.isInitialized()
    ? identityCheck((await home.readIdentity()).keys.publicKey, publicKey)
    : undefined;
  return {
    card: recordOf(card),
    did,
    profile: profileIn(card),
    fingerprint: fingerprint(publicKey),
    ...(check === undefined ? {} : { identity_check: check }),
  };
}

function profileIn(card: JsonObject): Record<string, unknown> | null {
  const profile = profileOf(card);
  return profile === undefined ? null : recordOf(profile);
}

const recordOf = (object: JsonObject): Record<string, unknown> => ({ ...Object(plain(object)) });
