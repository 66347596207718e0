/** One machine in memory: a user's directories, a relay of the world, and one of the machine's own. */
import type { z } from "zod";
import { type ClientContext, createContext } from "../../client/context.ts";
import type { Operation } from "../../client/operation.ts";
import { FakeClock } from "../../platform/fake/clock.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { FakeNet } from "../../platform/fake/net.ts";
import { type FakePlatform, fakePlatform } from "../../platform/fake/platform.ts";
import { FakeRandom } from "../../platform/fake/random.ts";
import type { Files } from "../../platform/files.ts";
import { RelayWorld } from "../relay/relay_world.ts";

export const FEDERATION = "https://relay.example";
export const LOCAL = "http://127.0.0.1:8771";
export const ROOT = "/home/tester/.local/state/wire/sessions";

export class Machine implements AsyncDisposable {
  readonly clock = new FakeClock();
  readonly files = new MemoryFiles({ clock: this.clock });
  readonly net = new FakeNet();
  readonly relay = new RelayWorld();
  readonly local = new RelayWorld();
  /** What was said beside results, by every process. */
  readonly warnings: string[] = [];
  #processes = 0;

  static async start(): Promise<Machine> {
    const machine = new Machine();
    await machine.clock.advance(machine.relay.clock.now() - machine.clock.now());
    machine.connect(FEDERATION, machine.relay);
    machine.connect(LOCAL, machine.local);
    return machine;
  }

  connect(url: string, relay: RelayWorld): void {
    this.net.serve(url, (request) => relay.relay.fetch(request, { remoteAddress: "192.0.2.1" }));
  }

  /** A process in that directory. */
  platform(cwd: string, variables: Readonly<Record<string, string>> = {}): FakePlatform {
    const random = new FakeRandom(`${cwd} ${this.#processes++}`);
    const env = new FakeEnv({ currentDirectory: cwd, variables });
    return fakePlatform({ clock: this.clock, files: this.files, net: this.net, random, env });
  }

  context(
    cwd: string,
    { files = this.files, variables }: {
      readonly files?: Files;
      readonly variables?: Readonly<Record<string, string>>;
    } = {},
  ): ClientContext {
    const platform = { ...this.platform(cwd, variables), files };
    return createContext(platform, { warn: (line) => void this.warnings.push(line) });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.relay[Symbol.asyncDispose]();
    await this.local[Symbol.asyncDispose]();
  }
}

/** As every face runs it: the input through its schema, and the output must fit its own. */
export async function run<Input extends z.ZodType, Output extends z.ZodType>(
  operation: Operation<Input, Output>,
  context: ClientContext,
  input: z.input<Input>,
): Promise<z.output<Output>> {
  const output = await operation.run(context, operation.input.parse(input));
  operation.output.parse(output);
  return output;
}
