/** Machines with one home each around one relay of ours, all in this process, on one clock. */
import assert from "node:assert/strict";
import { runProgram } from "../../cli/program.ts";
import type { FakeClock } from "../../platform/fake/clock.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { FakeNet } from "../../platform/fake/net.ts";
import { type FakePlatform, fakePlatform } from "../../platform/fake/platform.ts";
import { FakeRandom } from "../../platform/fake/random.ts";
import { FakeTerminal } from "../../platform/fake/terminal.ts";
import { RelayWorld } from "../relay/relay_world.ts";

export const RELAY_URL = "http://relay.test";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class Machines implements AsyncDisposable {
  readonly relay: RelayWorld = new RelayWorld();
  readonly net: FakeNet = new FakeNet().serve(
    RELAY_URL,
    (request) => this.relay.relay.fetch(request, { remoteAddress: "192.0.2.1" }),
  );

  get clock(): FakeClock {
    return this.relay.clock;
  }

  /** A fresh machine of that host name. */
  machine(name: string): Machine {
    const env = new FakeEnv({ variables: { WIRE_HOME: `/${name}` }, hostname: name });
    const random = new FakeRandom(name);
    return new Machine(fakePlatform({ env, random, net: this.net, clock: this.clock }));
  }

  /** One with an identity and a mailbox. */
  async agent(name: string): Promise<Machine> {
    const machine = this.machine(name);
    await machine.ok(["init", name, "--relay", RELAY_URL]);
    return machine;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.relay[Symbol.asyncDispose]();
  }
}

export class Machine {
  constructor(readonly platform: FakePlatform) {}

  /** One process: its own terminal over the same disk. */
  async run(args: readonly string[]): Promise<Ran> {
    const terminal = new FakeTerminal();
    terminal.stdin.end();
    const code = await runProgram(args, { ...this.platform, terminal });
    return { code, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
  }

  async ok(args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(args);
    assert.equal(code, 0, `wire ${args.join(" ")}: ${stderr}`);
    return stdout;
  }

  /** The members of the record that `--json` prints. */
  async record(args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    return { ...Object(JSON.parse(await this.ok([...args, "--json"]))) };
  }

  /** Tiers by handle, as `peers` shows them. */
  async tiers(): Promise<Readonly<Record<string, string>>> {
    const peers: unknown = JSON.parse(await this.ok(["peers", "--json"]));
    assert.ok(Array.isArray(peers));
    return Object.fromEntries(peers.map((peer: unknown) => {
      const { handle, tier } = { ...Object(peer) };
      return [String(handle), String(tier)];
    }));
  }

  /** Bodies of what came from that peer. */
  async bodies(peer: string): Promise<unknown[]> {
    const text = await this.ok(["tail", peer, "--json"]);
    return text.split("\n").filter((line) => line !== "").map((line) => JSON.parse(line).body);
  }
}
