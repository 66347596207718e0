/**
 * Where the attacks are played: the published commands, in this process over a relay in memory, or
 * all as processes over real sockets. The attacker's code is the same.
 */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { runProgram } from "../../../cli/program.ts";
import { FakeTerminal } from "../../../platform/fake/terminal.ts";
import { isRecord } from "./outcome.ts";
import { parseRelayUrl } from "../../../protocol/ids.ts";
import type { Finished, WireProcess } from "../../../scripts/wire_process.ts";
import { type Home, World } from "../../e2e/world.ts";
import { loadEverything } from "../../fault/hostile_run.ts";
import { type Machine, Machines, RELAY_URL } from "../../pairing/machines.ts";
import { type Attack, Attacker } from "./attacks.ts";
import { type Intrusion, takeSeat } from "./seat.ts";
import { HostileMeeting, type Told } from "./meeting.ts";

export type Name = "alice" | "bob";

/** A command that runs. */
export interface Running {
  /** The first match on stderr; undefined if the command ends without one. */
  seen(pattern: RegExp): Promise<RegExpExecArray | undefined>;
  write(text: string): Promise<void>;
  finished(): Promise<Finished>;
}

export interface Stage extends AsyncDisposable {
  readonly url: string;
  /** @returns the attempts of his search so far */
  tell(told: Told | undefined): Promise<number>;
  start(name: Name, args: readonly string[]): Running;
  /** He takes the guest's place, until it is over. */
  intrude(attack: Attack, known: Intrusion): Promise<void>;
  /** A file of that home's config. */
  file(name: Name, file: string): Promise<string>;
  peers(name: Name): Promise<unknown[]>;
}

/** The base64 of the key in a card. */
export function keyIn(card: string): string {
  const { verify_keys } = JSON.parse(card);
  const [first] = Object.values(Object(verify_keys));
  assert.ok(isRecord(first) && typeof first["key"] === "string");
  return first["key"];
}

class MemoryStage implements Stage {
  readonly url = RELAY_URL;
  readonly #machines: Machines;
  readonly #homes: Readonly<Record<Name, Machine>>;
  readonly #him: HostileMeeting | undefined;
  #running = 0;

  constructor(machines: Machines, homes: Readonly<Record<Name, Machine>>, him?: HostileMeeting) {
    this.#machines = machines;
    this.#homes = homes;
    this.#him = him;
  }

  static async create(attack?: Attack): Promise<MemoryStage> {
    await loadEverything();
    const machines = new Machines();
    const homes = { alice: await machines.agent("alice"), bob: await machines.agent("bob") };
    if (attack === undefined) return new MemoryStage(machines, homes);
    const url = parseRelayUrl(RELAY_URL);
    assert.ok(url !== undefined);
    const him = await HostileMeeting.create(
      url,
      attack,
      (request) => machines.relay.relay.fetch(request, { remoteAddress: "192.0.2.1" }),
    );
    machines.net.serve(RELAY_URL, him.answer);
    return new MemoryStage(machines, homes, him);
  }

  tell(told: Told | undefined): Promise<number> {
    if (told !== undefined) this.#him?.tell(told);
    return Promise.resolve(this.#him?.attempts ?? 0);
  }

  async intrude(attack: Attack, known: Intrusion): Promise<void> {
    const { relay: { relay }, clock } = this.#machines;
    const url = parseRelayUrl(RELAY_URL);
    assert.ok(url !== undefined);
    const fetch = (request: Request) => relay.fetch(request, { remoteAddress: "198.51.100.7" });
    this.#runs();
    try {
      await takeSeat({ url, fetch, pause: () => clock.sleep(100) }, new Attacker(attack), known);
    } finally {
      this.#running--;
    }
  }

  start(name: Name, args: readonly string[]): Running {
    const terminal = new FakeTerminal();
    const run = runProgram(args, { ...this.#homes[name].platform, terminal });
    const ended = run.then((code) => {
      this.#running--;
      return { code, stdout: terminal.stdout.text, stderr: terminal.stderr.text };
    });
    this.#runs();
    return {
      seen: async (pattern) => {
        await Promise.race([terminal.stderr.until(pattern), ended]);
        return pattern.exec(terminal.stderr.text) ?? undefined;
      },
      write: (text) => Promise.resolve(terminal.stdin.type(text)),
      finished: () => ended,
    };
  }

  /** Time passes as long as anything runs. */
  #runs(): void {
    if (this.#running++ === 0) this.#pump();
  }

  async #pump(): Promise<void> {
    while (this.#running > 0) await this.#machines.clock.advance(250);
  }

  file(name: Name, file: string): Promise<string> {
    const texts = this.#homes[name].platform.files.texts();
    return Promise.resolve(texts[`/${name}/config/wire/${file}`] ?? "");
  }

  async peers(name: Name): Promise<unknown[]> {
    return JSON.parse(await this.#homes[name].ok(["peers", "--json"]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#machines[Symbol.asyncDispose]();
  }
}

/** The attacker as a relay of its own. */
class HostileProcess implements AsyncDisposable {
  readonly #child: Deno.ChildProcess;
  readonly #lines: ReadableStreamDefaultReader<string>;
  readonly #stdin: WritableStreamDefaultWriter<Uint8Array>;

  constructor(attack: Attack) {
    const program = fileURLToPath(new URL("./relay.ts", import.meta.url));
    this.#child = new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", "--no-prompt", program, JSON.stringify(attack)],
      stdin: "piped",
      stdout: "piped",
    }).spawn();
    this.#lines = this.#child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.#stdin = this.#child.stdin.getWriter();
  }

  async line(): Promise<string> {
    const { value } = await this.#lines.read();
    assert.ok(value !== undefined, "the attacker goes on");
    return value.trim();
  }

  async tell(told: Told | undefined): Promise<number> {
    const line = told === undefined ? "" : JSON.stringify(told);
    await this.#stdin.write(new TextEncoder().encode(`${line}\n`));
    return Number(await this.line());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stdin.close();
    await this.#child.status;
    await this.#lines.cancel();
  }
}

class ProcessStage implements Stage {
  readonly #world: World;
  readonly #him: HostileProcess | undefined;
  #homes: Readonly<Record<Name, Home>> | undefined;
  url = "";

  private constructor(world: World, him: HostileProcess | undefined) {
    this.#world = world;
    this.#him = him;
  }

  static async create(attack?: Attack): Promise<ProcessStage> {
    const him = attack === undefined ? undefined : new HostileProcess(attack);
    const stage = new ProcessStage(await World.create(), him);
    stage.url = him === undefined ? (await stage.#world.relay()).url : await him.line();
    const [alice, bob] = await Promise.all([
      stage.#world.agent("alice", stage.url),
      stage.#world.agent("bob", stage.url),
    ]);
    stage.#homes = { alice, bob };
    return stage;
  }

  async tell(told: Told | undefined): Promise<number> {
    return await this.#him?.tell(told) ?? 0;
  }

  async intrude(attack: Attack, known: Intrusion): Promise<void> {
    const program = fileURLToPath(new URL("./guest.ts", import.meta.url));
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", program, this.url, JSON.stringify(attack), JSON.stringify(known)],
      stdin: "null",
    }).output();
    assert.ok(success, "he goes on to the end");
  }

  #home(name: Name): Home {
    assert.ok(this.#homes !== undefined);
    return this.#homes[name];
  }

  start(name: Name, args: readonly string[]): Running {
    const process: WireProcess = this.#home(name).start(args);
    return {
      seen: async (pattern) => {
        const finished = process.finished();
        try {
          return await process.prompt("stderr", pattern);
        } catch {
          // It ended without that: what it said is in its output.
          const { stderr } = await finished;
          return pattern.exec(stderr) ?? undefined;
        }
      },
      write: (text) => process.write(text),
      finished: () => process.finished(),
    };
  }

  file(name: Name, file: string): Promise<string> {
    return Deno.readTextFile(`${this.#home(name).path}/config/wire/${file}`);
  }

  async peers(name: Name): Promise<unknown[]> {
    return [...await this.#home(name).list(["peers"])];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#him?.[Symbol.asyncDispose]();
    await this.#world[Symbol.asyncDispose]();
  }
}

export type Where = "in memory" | "as processes";

/** @param attack of the relay; left out, it is honest */
export const openStage = (where: Where, attack?: Attack): Promise<Stage> =>
  where === "in memory" ? MemoryStage.create(attack) : ProcessStage.create(attack);
