/** A home on the disk that is well: with a mailbox, a daemon and a peer. Tests break it, one way each. */
import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { FakeMachine } from "../../platform/fake/machine.ts";
import { FakeNet } from "../../platform/fake/net.ts";
import { type FakePlatform, fakePlatform } from "../../platform/fake/platform.ts";
import { FakeProcesses } from "../../platform/fake/processes.ts";
import { RealClock } from "../../platform/real/clock.ts";
import { RealFiles } from "../../platform/real/files.ts";
import type { FileLock, Files } from "../../platform/files.ts";
import { admitCard, makeCard } from "../../protocol/identity/card.ts";
import { type KeyPair, keyPairFromSeed } from "../../protocol/identity/keys.ts";
import { type Handle, isHandle, isSlotId, isSlotToken, parseRelayUrl } from "../../protocol/ids.ts";
import type { JsonObject } from "../../protocol/json/value.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import { updateGrants, withClass, withGrant } from "../../store/home/grants.ts";
import { DAEMON_OWNER } from "../../store/home/daemon_state.ts";
import type { Home } from "../../store/home/home.ts";
import { writeDaemonPid } from "../../store/home/pid_record.ts";
import { updateRelayFeatures } from "../../store/home/relay_features.ts";
import type { CheckReport } from "../../client/doctor/check.ts";
import { type ClientContext, createContext } from "../../client/context.ts";
import { NO_DAEMON } from "../../client/daemon_link.ts";
import type { LiveStatus } from "../../protocol/schemas/live.ts";
import { VERSION } from "../../protocol/version.ts";
import { doctor } from "../../client/operations/doctor.ts";

export const RELAY = "http://relay.test";
export const SLOT = "a1".repeat(16);
export const PEER_SLOT = "b2".repeat(16);
/** Nothing that is printed may hold these. */
export const SECRETS = {
  token: "c3".repeat(32),
  peerToken: "d4".repeat(32),
  grant: "e5".repeat(32),
};
const FEATURES = `features="grants ws receipts retention pair2"`;

type Platform = Omit<FakePlatform, "files" | "clock"> & {
  readonly files: Files;
  readonly clock: RealClock;
};

export class Patient implements AsyncDisposable {
  readonly directory: string;
  readonly platform: Platform;
  readonly context: ClientContext;
  /** What the relay answers, by path. */
  readonly answers = new Map<string, () => Response>();
  /** What the daemon says at its socket. */
  live: LiveStatus | undefined = {
    version: VERSION,
    pid: Deno.pid,
    did: "",
    started_at: new Date().toISOString(),
    round_at: new Date().toISOString(),
    mailboxes: [],
    resting: [],
    last_error: null,
    watchers: 0,
  };
  readonly #held: FileLock[] = [];

  private constructor(directory: string) {
    const clock = new RealClock();
    const files = new RealFiles(clock);
    const variables = { WIRE_HOME: `${directory}/home`, HOME: `${directory}/user` };
    const executable = Deno.execPath();
    this.directory = directory;
    this.platform = fakePlatform({
      clock,
      files,
      env: new FakeEnv({ variables, homeDirectory: variables.HOME, currentDirectory: directory }),
      net: new FakeNet().serve(RELAY, (request) => this.#answer(request)),
      processes: Object.assign(new FakeProcesses(Deno.pid), { executable }),
      machine: new FakeMachine(files),
    });
    const daemon = { ...NO_DAEMON, status: () => Promise.resolve(this.live) };
    this.context = createContext(this.platform, { warn: () => undefined, daemon });
  }

  static async create(): Promise<Patient> {
    const patient = new Patient(await Deno.makeTempDir({ prefix: "wire-doctor-" }));
    await patient.#grow();
    return patient;
  }

  get home(): Home {
    return this.context.home;
  }

  /** What the doctor says of one thing. */
  async examine(id: string): Promise<CheckReport> {
    const report = (await this.reports()).find((check) => check.id === id);
    assert.ok(report, `no check ${id}`);
    return report;
  }

  async reports(): Promise<readonly CheckReport[]> {
    const { checks } = await doctor.run(this.context, doctor.input.parse({}));
    return checks;
  }

  config = (name: string): string => `${this.home.paths.configRoot}/${name}`;
  state = (name: string): string => `${this.home.paths.stateRoot}/${name}`;

  /** Another identity of this machine. */
  async sister(directory: string): Promise<Home> {
    this.platform.env.variables.set("WIRE_HOME", directory);
    const { home } = createContext(this.platform, { warn: () => undefined });
    await home.createIdentity({ handle: handle("sister") });
    this.platform.env.variables.set("WIRE_HOME", `${this.directory}/home`);
    return home;
  }

  async holdDaemonLock(owner = DAEMON_OWNER): Promise<void> {
    this.#held.push(await this.home.lockDaemon(owner, { deadlineMs: 0 }));
  }

  async hold(file: string, owner: string): Promise<void> {
    this.#held.push(await this.platform.files.lock(file, { owner, deadlineMs: 0 }));
  }

  /** The daemon ends, as when it is killed. */
  async killDaemon(): Promise<void> {
    for (const lock of this.#held.splice(0)) await lock.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.killDaemon();
    await Deno.chmod(this.home.paths.configRoot, 0o700).catch(() => undefined);
    await Deno.remove(this.directory, { recursive: true });
  }

  #answer(request: Request): Response {
    const { pathname } = new URL(request.url);
    const answer = this.answers.get(pathname);
    if (answer !== undefined) return answer();
    if (pathname === "/healthz") {
      const headers = { "wire-relay": FEATURES, date: new Date().toUTCString() };
      return new Response("ok", { headers });
    }
    const slot = pathname.match(/^\/v1\/slot\/([0-9a-f]{32})\/state$/)?.[1];
    if (slot === undefined) return new Response("", { status: 404 });
    return Response.json({
      slot_id: slot,
      event_count: 1,
      last_pull_at_unix: Math.floor(Date.now() / 1_000),
      responder_health: null,
    });
  }

  async #grow(): Promise<void> {
    const { home } = this;
    assert.ok(isSlotId(SLOT));
    const { did } = await home.createIdentity({ handle: handle("alice") });
    const relayUrl = parseRelayUrl(RELAY);
    assert.ok(relayUrl);
    await home.updateRelayState("test", () => ({
      self: { relay_url: RELAY, slot_id: SLOT, slot_token: SECRETS.token },
      peers: {},
    }));
    const slot = { relayUrl, slotId: SLOT };
    await updateGrants(home, "test", (record) => withClass(record, slot, "owner"));
    await updateRelayFeatures(home, relayUrl, () => ["grants", "ws"]);
    await this.pair("bob");
    await writeDaemonPid(home, { did, relayUrl: RELAY });
    await this.holdDaemonLock();
  }

  /** A verified peer with a mailbox and a token of its own. */
  async pair(handle: string, mailbox: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const { home } = this;
    const card = peerCard(handle);
    const admitted = admitCard(card);
    assert.ok(admitted.ok);
    await home.updateTrust("test", (store) => {
      const pinned = pinCard(store, admitted, { tier: "VERIFIED", at: "2026-01-01T00:00:00Z" });
      assert.ok(pinned.ok);
      return pinned.store;
    });
    const flat = { relay_url: RELAY, slot_id: PEER_SLOT, slot_token: SECRETS.peerToken };
    await this.setPeer(handle, { ...flat, ...mailbox });
    assert.ok(isSlotId(SLOT) && isSlotToken(SECRETS.grant));
    const entry = {
      relay_url: parseRelayUrl(RELAY) ?? assert.fail(),
      slot_id: SLOT,
      holder: admitted.did,
      label: "0".repeat(32),
      made_at: "2026-01-01T00:00:00Z",
      grant_id: "0".repeat(16),
      token: SECRETS.grant,
    };
    await updateGrants(home, "test", (record) => withGrant(record, entry));
  }

  async setPeer(handle: string, entry: Readonly<Record<string, unknown>>): Promise<void> {
    await this.home.updateRelayState("test", (state) => ({
      ...state,
      peers: { ...state.peers, [handle]: entry },
    }));
  }
}

export function handle(text: string): Handle {
  assert.ok(isHandle(text));
  return text;
}

/** Each name has its own key, and always the same. */
export function peerKeys(handle: string): KeyPair {
  const seed = new Uint8Array(32);
  new TextEncoder().encodeInto(handle, seed);
  return keyPairFromSeed(seed);
}

export const peerCard = (handle: string): JsonObject =>
  makeCard({ handle, keys: peerKeys(handle) });
