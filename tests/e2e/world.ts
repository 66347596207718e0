/** A relay and homes as real processes and directories, gone at the end of the test. */
import assert from "node:assert/strict";
import {
  type Finished,
  runWire,
  startWire,
  type WireOptions,
  type WireProcess,
} from "../../scripts/wire_process.ts";

export class World implements AsyncDisposable {
  readonly directory: string;
  readonly #processes = new AsyncDisposableStack();

  constructor(directory: string) {
    this.directory = directory;
  }

  static async create(): Promise<World> {
    return new World(await Deno.makeTempDir({ prefix: "wire-e2e-" }));
  }

  home(name: string): Home {
    return new Home(name, `${this.directory}/${name}`, this.#processes);
  }

  /** A running relay; on a second call with the same data and the port it had, the same one again. */
  async relay(bind = "127.0.0.1:0", data = "relay"): Promise<Relay> {
    const process = this.home("relay-home").start([
      "relay-server",
      "--local-only",
      "--bind",
      bind,
      "--data",
      `${this.directory}/${data}`,
    ]);
    const [, address = ""] = await process.line("stderr", /listening on (\S+)/);
    return { process, address, url: `http://${address}` };
  }

  /** An identity with a mailbox on the relay. */
  async agent(name: string, relayUrl: string): Promise<Home> {
    const home = this.home(name);
    await home.ok(["init", name, "--relay", relayUrl]);
    return home;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes.disposeAsync();
    await removeTree(this.directory);
  }
}

/** What works there, or ran on a terminal and hears of its end by SIGHUP, may write a file meanwhile. */
export async function removeTree(directory: string): Promise<void> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    try {
      return await Deno.remove(directory, { recursive: true });
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

export interface Relay {
  readonly process: WireProcess;
  readonly address: string;
  readonly url: string;
}

/** One WIRE_HOME and the commands run in it. */
export class Home {
  readonly #processes: AsyncDisposableStack;

  constructor(readonly name: string, readonly path: string, processes: AsyncDisposableStack) {
    this.#processes = processes;
  }

  run(
    args: readonly string[],
    options: Omit<WireOptions, "home"> & { readonly stdin?: string } = {},
  ): Promise<Finished> {
    return runWire(args, { home: this.path, ...options });
  }

  /** Runs a command that must succeed. @returns its standard output */
  async ok(args: readonly string[], stdin?: string): Promise<string> {
    const { code, stdout, stderr } = await this.run(args, stdin === undefined ? {} : { stdin });
    assert.equal(code, 0, `wire ${args.join(" ")} exited ${code}\n${stdout}\n${stderr}`);
    return stdout;
  }

  /** Runs a command with `--json` that must print exactly one line. @returns the value on it */
  async json(args: readonly string[], stdin?: string): Promise<unknown> {
    const stdout = await this.ok([...args, "--json"], stdin);
    assert.equal(stdout.split("\n").length, 2, `one line expected, got ${stdout}`);
    return JSON.parse(stdout);
  }

  /** As `json`, for a command that prints an object. */
  async record(args: readonly string[]): Promise<Readonly<Record<string, unknown>>> {
    const value = await this.json(args);
    assert.ok(typeof value === "object" && value !== null);
    return { ...value };
  }

  /** As `json`, for a command that prints a list of objects. */
  async list(args: readonly string[]): Promise<readonly Readonly<Record<string, unknown>>[]> {
    const value = await this.json(args);
    assert.ok(Array.isArray(value));
    return value.map((item: unknown) => {
      assert.ok(typeof item === "object" && item !== null);
      return { ...item };
    });
  }

  start(args: readonly string[], options: Omit<WireOptions, "home"> = {}): WireProcess {
    return this.#processes.use(startWire(args, { home: this.path, ...options }));
  }

  /** A daemon that has begun its work. */
  async daemon(args: readonly string[] = []): Promise<WireProcess> {
    const process = this.start(["daemon", ...args]);
    await process.line("stderr", /daemon: up/);
    return process;
  }

  /** A monitor that shows each event once, as a JSON line: those that are there, and those that come. */
  monitor(): WireProcess {
    return this.start(["monitor", "--json", "--replay", "1000"]);
  }
}
