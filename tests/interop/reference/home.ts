/**
 * A home as 0.5.19 keeps it: whole-file overwrites, modes of the umask, pretty JSON with sorted
 * members, records in their fixed order. See docs/protocol/identity-and-events.md §2, 9, 10.
 */
import {
  at,
  isList,
  isObject,
  object,
  parse,
  pretty,
  type Ref,
  ref,
  type RefObject,
  text,
  withMembers,
} from "./json.ts";
import { b64, fingerprint, handleOf, makeCard, publicKeyOf, type Signer } from "./keys.ts";
import { allocate, type Slot } from "./relay_calls.ts";

/** RFC 3339 with nanoseconds, trailing zeros gone. */
export function timestamp(): string {
  const now = new Date();
  const nanoseconds = `${now.getMilliseconds()}`.padStart(3, "0") +
    `${Math.floor(Math.random() * 1e6)}`.padStart(6, "0");
  const fraction = nanoseconds.replace(/0+$/, "");
  return `${now.toISOString().slice(0, 19)}${fraction === "" ? "" : `.${fraction}`}Z`;
}

export interface PinnedEndpoint extends Slot {
  readonly scope: string;
}

export class ReferenceHome {
  readonly config: string;
  readonly state: string;

  /** @param path what WIRE_HOME names */
  constructor(readonly path: string) {
    this.config = `${path}/config/wire`;
    this.state = `${path}/state/wire`;
  }

  /** `wire init`, with a mailbox if a relay is named. */
  async init(handle: string, relayUrl?: string): Promise<void> {
    await this.ensureDirs();
    const seed = crypto.getRandomValues(new Uint8Array(32));
    await Deno.writeFile(`${this.config}/private.key`, seed);
    await Deno.chmod(`${this.config}/private.key`, 0o600);
    const card = makeCard(seed, handle);
    await this.write("agent-card.json", card);
    const publicKey = publicKeyOf(seed);
    const key = {
      key_id: `${handle}:${fingerprint(publicKey)}`,
      key: b64(publicKey),
      added_at: timestamp(),
      active: true,
    };
    const self = { tier: "ATTESTED", did: text(card, "did"), public_keys: [key] };
    await this.write("trust.json", ref({ version: 1, agents: { [handle]: self } }));
    if (relayUrl !== undefined) await this.bind(relayUrl.replace(/\/$/, ""));
  }

  /** A new mailbox in the place of the old one: endpoints and cursors are lost. */
  async bind(relayUrl: string): Promise<Slot> {
    const slot = await allocate(relayUrl, await this.handle());
    await this.writeRelayState(withMembers(await this.relayState(), { self: slot }));
    return slot;
  }

  async ensureDirs(): Promise<void> {
    for (const path of [this.config, `${this.state}/inbox`, `${this.state}/outbox`]) {
      await Deno.mkdir(path, { recursive: true });
    }
    await Deno.chmod(this.config, 0o700);
  }

  async card(): Promise<RefObject> {
    return object(parse(await Deno.readTextFile(`${this.config}/agent-card.json`)));
  }

  async did(): Promise<string> {
    return text(await this.card(), "did");
  }

  async handle(): Promise<string> {
    return handleOf(await this.did());
  }

  async signer(): Promise<Signer> {
    const seed = await Deno.readFile(`${this.config}/private.key`);
    if (seed.length !== 32) {
      throw new Error(`private key file has wrong length (${seed.length} != 32)`);
    }
    return { seed, did: await this.did() };
  }

  async trust(): Promise<Ref> {
    return parse(await readText(`${this.config}/trust.json`) ?? '{"version":1,"agents":{}}');
  }

  async relayState(): Promise<RefObject> {
    const state = parse(await readText(`${this.config}/relay.json`) ?? '{"self":null,"peers":{}}');
    if (!isObject(state)) throw new Error("relay.json is no object");
    return state;
  }

  async writeRelayState(state: RefObject): Promise<void> {
    await this.write("relay.json", state);
    await Deno.chmod(`${this.config}/relay.json`, 0o600);
  }

  /** Pins at VERIFIED, whatever stood under that name (§9). */
  async pin(card: RefObject): Promise<void> {
    const trust = await this.trust();
    const now = timestamp();
    const public_keys = [...object(card, "verify_keys")].map(([name, entry]) => ({
      key_id: name.replace(/^ed25519:/, ""),
      key: at(entry, "key") ?? null,
      added_at: now,
      active: true,
    }));
    const did = text(card, "did");
    const agent = { tier: "VERIFIED", did, public_keys, card, pinned_at: now };
    const handle = at(card, "handle");
    const key = typeof handle === "string" ? handle : handleOf(did);
    if (key === "") throw new Error("panic: empty handle");
    const agents = withMembers(object(trust, "agents"), { [key]: agent });
    await this.write("trust.json", withMembers(object(trust), { agents }));
  }

  /** The flat form that pairing by digits writes. */
  async setPeer(handle: string, slot: Slot): Promise<void> {
    const state = await this.relayState();
    const peers = withMembers(object(state, "peers"), { [handle]: slot });
    await this.writeRelayState(withMembers(state, { peers }));
  }

  /** One federation endpoint is made of the flat members where the list is of no use (§10.2). */
  endpoints(entry: Ref | undefined, wants: "token" | "no token"): PinnedEndpoint[] {
    const listed = at(entry, "endpoints");
    const parsed = (isList(listed) ? listed : []).map(slotOf).filter((slot) => slot !== undefined);
    if (parsed.length > 0) return parsed;
    const flat = slotOf(isObject(entry) ? withMembers(entry, { scope: "federation" }) : undefined);
    if (flat === undefined || flat.relay_url === "" || flat.slot_id === "") return [];
    return flat.slot_token === "" && wants === "token" ? [] : [flat];
  }

  /** Local ones on our own local relay, then federation. */
  async peerEndpoints(handle: string): Promise<PinnedEndpoint[]> {
    const state = await this.relayState();
    const own = this.endpoints(at(state, "self"), "no token").find(({ scope }) =>
      scope === "local"
    );
    const all = this.endpoints(at(state, "peers", handle), "token");
    return [
      ...all.filter((one) => one.scope === "local" && one.relay_url === own?.relay_url),
      ...all.filter((one) => one.scope === "federation"),
    ];
  }

  async write(name: string, value: Ref): Promise<void> {
    await Deno.writeTextFile(`${this.config}/${name}`, pretty(value));
  }

  async outbox(peer: string): Promise<string[]> {
    return await lines(`${this.state}/outbox/${peer}.jsonl`);
  }

  async inbox(peer: string): Promise<string[]> {
    return await lines(`${this.state}/inbox/${peer}.jsonl`);
  }
}

function slotOf(value: Ref | undefined): PinnedEndpoint | undefined {
  const [relay_url, slot_id, slot_token, scope] = ["relay_url", "slot_id", "slot_token", "scope"]
    .map((name) => at(value, name));
  if (typeof relay_url !== "string" || typeof slot_id !== "string") return undefined;
  if (typeof slot_token !== "string") return undefined;
  if (scope !== "federation" && scope !== "local") return undefined;
  return { relay_url, slot_id, slot_token, scope };
}

export async function readText(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function lines(path: string): Promise<string[]> {
  const text = await readText(path) ?? "";
  return text.split("\n").filter((line) => line.trim() !== "");
}
