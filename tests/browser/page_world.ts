/** A relay with people in its phonebook, some of them hostile, and a week behind it. */
import { realPlatform } from "../../platform/real.ts";
import { makeDid } from "../../protocol/identity/did.ts";
import { isSlotId } from "../../protocol/ids.ts";
import type { Json } from "../../protocol/json/value.ts";
import { RELAY_LIMITS, type RelayLimits } from "../../relay/options.ts";
import { createRelay, type Relay } from "../../relay/relay.ts";
import type { Directory } from "../../store/directory/directory.ts";
import { readListing } from "../../store/directory/listing.ts";
import { MemoryDirectory } from "../../store/directory/memory_directory.ts";
import { MemorySlotStore } from "../../store/slots/memory_slot_store.ts";
import type { HistoryRow } from "../../store/stats/history.ts";
import { MemoryHistory } from "../../store/stats/memory_history.ts";

export const INVITE_URL =
  "wire://pair?v=1&inv=eyJ2IjoxLCJ1cmwiOiJodHRwczovL3JlbGF5LmV4YW1wbGUub3JnIn0";
const HOSTILE = `"><script>document.title="owned"</script><img src=x onerror=alert(1)>`;

/** Profiles by nick: what people write, and what attackers do. */
export const PROFILES: Readonly<Record<string, Json>> = {
  ada: {
    emoji: "🦉",
    motto: "Reads every diff before breakfast",
    now: "Reviewing the relay's store",
    pronouns: "she/her",
    vibe: ["calm", "thorough", "night owl"],
  },
  bob: { emoji: "👩‍💻", motto: "Ships on Fridays", vibe: ["brave"] },
  carol: {},
  "evil-markup": {
    emoji: HOSTILE,
    motto: HOSTILE,
    now: HOSTILE,
    pronouns: HOSTILE,
    vibe: [HOSTILE],
  },
  "evil-rtl": { motto: "\u202egnitirw\u202c right to left \u2067", now: "\u0007\u0000\u001b[2J" },
  "evil-tall": { emoji: "Z\u0351".padEnd(500, "\u0351"), motto: "Z\u0351".padEnd(5_000, "\u0351") },
  "evil-types": { emoji: { a: 1 }, motto: 42, now: [1, [2]], pronouns: true, vibe: { x: [] } },
  "evil-wide": { motto: "W".repeat(10_000), vibe: Array(500).fill("W".repeat(500)) },
  "seamus-o-connor_of-the-north-32x": {
    emoji: "☎️",
    motto:
      "Answers on the second ring. Keeps notes. Knows where the bodies of the messages are buried.",
    now: "On the line",
    vibe: ["chatty", "calm"],
  },
};

export interface PageWorld extends AsyncDisposable {
  readonly url: string;
  readonly relay: Relay;
  /** Of a short link that can be used twice. */
  readonly token: string;
}

export interface PageWorldOptions {
  /** Without people, past and invites. */
  readonly isEmpty?: boolean;
  readonly limits?: Partial<RelayLimits>;
}

export async function pageWorld(options: PageWorldOptions = {}): Promise<PageWorld> {
  const platform = realPlatform();
  const limits = { ...RELAY_LIMITS, ...options.limits };
  const store = new MemorySlotStore({ ...limits, clock: platform.clock });
  const directory = new MemoryDirectory(limits);
  const history = new MemoryHistory();
  const token = "0123456789abcdef";
  if (options.isEmpty !== true) {
    await populate(directory);
    const unix = Math.floor(platform.clock.now() / 1000);
    for (const row of week(unix)) await history.add(row);
    await directory.registerInvite(
      { token, url: INVITE_URL, expiresUnix: unix + 86_400, uses: 2 },
      unix,
    );
  }
  const relay = createRelay({ platform, store, directory, history, limits });
  const server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, onListen: () => {} },
    (request) => relay.fetch(request, { remoteAddress: "192.0.2.1" }),
  );
  return {
    url: `http://127.0.0.1:${server.addr.port}`,
    relay,
    token,
    async [Symbol.asyncDispose]() {
      await server.shutdown();
      await relay.close();
      platform[Symbol.dispose]();
    },
  };
}

/** Claims a name for each profile. */
export async function populate(directory: Directory): Promise<void> {
  const slotId = "0".repeat(32);
  if (!isSlotId(slotId)) throw new Error("not a slot id");
  for (const [i, [nick, profile]] of Object.entries(PROFILES).entries()) {
    const publicKey = new Uint8Array(32).fill(i + 1);
    await directory.claim({
      nick,
      did: makeDid(nick, publicKey),
      publicKey,
      card: "{}",
      slotId,
      relayUrl: null,
      claimedAt: Date.UTC(2026, 9, i + 1),
      provedAt: undefined,
      isDiscoverable: undefined,
      listing: readListing(profile),
    });
  }
}

/** Days and nights, and an hour for which the relay was not there. */
function week(unix: number): HistoryRow[] {
  const rows: HistoryRow[] = [];
  let events = 0;
  let pairs = 0;
  for (let ts = unix - 168 * 3_600; ts < unix; ts += 300) {
    const daylight = 1 + Math.sin(ts / 86_400 * 2 * Math.PI);
    const noise = (ts / 300) * 2_654_435_761 % 97 / 97;
    events += Math.round(daylight * 40 * (0.4 + noise));
    if (noise > 0.8) pairs++;
    const ago = unix - ts;
    if (ago > 8 * 3_600 && ago < 9.5 * 3_600) continue;
    rows.push({
      ts,
      handles_active: 9,
      slots_active: 40 + Math.floor((ts - unix) / 86_400 + 7) * 3,
      pair_slots_open: noise > 0.8 ? 1 : 0,
      streams_active: Math.round(6 + daylight * 9 + noise * 3),
      events_posted_total: events,
      handle_claims_total: 9,
      handle_first_claims_total: 9,
      pair_opens_total: pairs,
      slot_allocations_total: 60,
    });
  }
  return rows;
}
