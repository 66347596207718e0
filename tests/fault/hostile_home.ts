/**
 * A home with every file that a home can have, made by published commands; and copies of it in which
 * one file was damaged.
 */
import assert from "node:assert/strict";
import { FakeClock } from "../../platform/fake/clock.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { FakeNet } from "../../platform/fake/net.ts";
import { type FakePlatform, fakePlatform } from "../../platform/fake/platform.ts";
import type { Files } from "../../platform/files.ts";
import { type Contents, contentsOf, type Ran, type RunOptions, runWire } from "./hostile_run.ts";
import { HostileRelay } from "./hostile_relay.ts";
import { eventFrom, MailWorld, type Party, RELAY_URL } from "./mail_world.ts";

export const ROOT = "/alice";
export const STATE = `${ROOT}/state/wire`;
export const CONFIG = `${ROOT}/config/wire`;
/** A signed event, for `verify`. */
export const EVENT_FILE = "/event.json";

/** A home as it stands on the disk at one moment, and the relay as it was then. */
export interface FullHome {
  readonly contents: Contents;
  readonly relay: HostileRelay;
  readonly at: string;
  /** Of the pairing that shows digits. */
  readonly code: string;
  readonly sas: string;
  /** Texts that no command may ever show. */
  readonly secrets: readonly string[];
  /** Bodies that stand in the inbox, that wait in the outbox, and that wait at the relay. */
  readonly received: readonly string[];
  readonly queued: readonly string[];
  readonly waiting: readonly string[];
}

const CONFIG_TOML = `relay_url = "${RELAY_URL}"\nbody_cap_kb = 64\n\n[send]\nretry_window_s = 60\n`;

export async function fullHome(): Promise<FullHome> {
  const world = new MailWorld();
  const { alice, bob } = await world.paired();
  const mallory = await world.party("mallory");
  const relay = new HostileRelay(world.relay);
  world.net.serve(RELAY_URL, relay.handle);

  for (const body of ["in one", "in two"]) {
    await mustRun(bob, ["send", "alice", "claim", body]);
  }
  await mustRun(bob, ["push"]);
  world.relay.plant(alice.slotId, eventFrom(mallory, alice, { body: "stranger" }).text);
  await mustRun(alice, ["send", "bob", "claim", "out one"]);
  await append(alice, '{"kind":"claim","body":"out by an agent"}\n{"no":"event"}\n');
  await mustRun(alice, ["pull"]);
  await mustRun(alice, ["push"]);

  const hosted = await mustRun(alice, [
    "pair-host",
    "--compat",
    "--relay",
    RELAY_URL,
    "--detach",
    "--json",
  ]);
  const code = String(JSON.parse(hosted.stdout).code_phrase);
  const host = () => mustRun(alice, ["daemon", "--once"]);
  const guest = () => mustRun(bob, ["daemon", "--once"]);
  await host();
  await mustRun(bob, ["pair-join", code, "--relay", RELAY_URL, "--detach"]);
  await guest();
  await host();
  const pending = await alice.disk.readText(`${STATE}/pending-pair/${code}.json`) ?? "";
  const { sas, spake2_seed_b64, status } = JSON.parse(pending);
  assert.equal(status, "sas_ready");

  await mustRun(alice, ["send", "bob", "claim", "out two"]);
  await append(alice, '{"kind":"claim","body":"out by an agent later"}\n');
  // What Bob owes Alice of receipts is with her before: nothing stands behind the message.
  await mustRun(bob, ["push"]);
  await mustRun(alice, ["pull"]);
  await mustRun(bob, ["send", "alice", "claim", "at the relay"]);
  await mustRun(bob, ["push"]);

  const put = (path: string, text: string) =>
    alice.disk.writeAtomic(path, text, { point: "test.put" });
  await put(`${CONFIG}/config.toml`, CONFIG_TOML);
  await put(`${STATE}/daemon.pid`, pidRecord(alice));
  for (const lock of [`${CONFIG}/relay.lock`, `${STATE}/daemon.lock`]) {
    await put(`${lock}.owner`, "wire pull (pid 77) since 2026-01-01T00:00:00Z");
  }
  await put(EVENT_FILE, eventFrom(bob, alice, { body: "for verify" }).text);
  const key = alice.identity.keys.seed;
  return {
    contents: await contentsOf(alice.disk),
    relay,
    at: new Date(alice.clock.now() + 1_000).toISOString(),
    code,
    sas,
    secrets: [
      alice.slotToken,
      bob.slotToken,
      spake2_seed_b64,
      key.toBase64(),
      key.toHex(),
    ],
    received: ["in one", "in two"],
    queued: ["out two", "out by an agent later"],
    waiting: ["at the relay"],
  };
}

async function mustRun(party: Party, args: readonly string[]) {
  const ran = await runWire(args, party.platform);
  assert.equal(ran.exitCode, 0, `${ran.line}: ${ran.stderr}`);
  return ran;
}

/** As an agent does it with `>>`. */
async function append({ disk }: Party, text: string): Promise<void> {
  await disk.append(`${STATE}/outbox/bob.jsonl`, text, { point: "test.agent" });
}

const pidRecord = ({ identity }: Party): string =>
  JSON.stringify({
    schema: "wire-daemon-pid-v1",
    pid: 77,
    bin_path: "/usr/local/bin/wire",
    version: "0.5.19",
    started_at: "2026-01-01T00:00:00Z",
    did: identity.did,
    relay_url: RELAY_URL,
  });

/** What becomes of one file. */
export type Damage = Uint8Array | "a directory" | "missing";

/** A process in a copy of that home. */
export class DamagedHome {
  readonly disk: MemoryFiles;
  readonly relay: HostileRelay;
  readonly platform: FakePlatform;

  private constructor(full: FullHome) {
    const clock = new FakeClock(full.at);
    this.disk = new MemoryFiles({ clock });
    this.relay = full.relay.copy();
    this.platform = fakePlatform({
      clock,
      files: this.disk,
      net: new FakeNet().serve(RELAY_URL, this.relay.handle),
      env: new FakeEnv({ variables: { WIRE_HOME: ROOT, WIRE_MCP_SKIP_AUTO_UP: "1" } }),
    });
  }

  static async of(full: FullHome, file: string, damage?: Damage): Promise<DamagedHome> {
    const home = new DamagedHome(full);
    const bytes = new Map(full.contents);
    if (damage === "missing" || damage === "a directory") bytes.delete(file);
    else if (damage !== undefined) bytes.set(file, damage);
    for (const [path, content] of bytes) {
      await home.disk.ensureDirectory(path.slice(0, path.lastIndexOf("/")) || "/");
      await home.disk.writeAtomic(path, content, { point: "test.copy" });
    }
    if (damage === "a directory") await home.disk.ensureDirectory(file);
    return home;
  }

  /** @param files what the process sees of the disk, if that is not what is there */
  run(args: readonly string[], options?: RunOptions, files: Files = this.disk): Promise<Ran> {
    return runWire(args, { ...this.platform, files }, options);
  }
}
