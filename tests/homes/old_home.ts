/** A home that 0.5.19 made and used, a peer of the same kind, and our program on the first. */
import { type ClientContext, createContext } from "../../client/context.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { FakeProcesses } from "../../platform/fake/processes.ts";
import { fakePlatform } from "../../platform/fake/platform.ts";
import { RealClock } from "../../platform/real/clock.ts";
import { RealFiles } from "../../platform/real/files.ts";
import { RealNet } from "../../platform/real/net.ts";
import { RealRandom } from "../../platform/real/random.ts";
import { startRelay } from "../../relay/serve.ts";
import { pinEachOther } from "../interop/peers.ts";
import { ReferenceHome } from "../interop/reference/home.ts";
import { pull, push, send } from "../interop/reference/mail.ts";
import { ReferenceRelay } from "../interop/reference/relay.ts";

export type RelayKind = "our relay" | "a 0.5.19 relay";

export class OldHomes implements AsyncDisposable {
  readonly directory: string;
  readonly relayUrl: string;
  readonly alice: ReferenceHome;
  readonly bob: ReferenceHome;
  readonly #stack: AsyncDisposableStack;
  readonly #processes = new FakeProcesses(Deno.pid);

  private constructor(directory: string, relayUrl: string, stack: AsyncDisposableStack) {
    this.directory = directory;
    this.relayUrl = relayUrl;
    this.alice = new ReferenceHome(`${directory}/alice`);
    this.bob = new ReferenceHome(`${directory}/bob`);
    this.#stack = stack;
  }

  /** alice and bob have talked for a while, each by 0.5.19. */
  static async create(kind: RelayKind): Promise<OldHomes> {
    const stack = new AsyncDisposableStack();
    const directory = await Deno.makeTempDir({ prefix: "wire-homes-" });
    stack.defer(() => Deno.remove(directory, { recursive: true }));
    const homes = new OldHomes(directory, await relayOf(kind, directory, stack), stack);
    const { alice, bob, relayUrl } = homes;
    await alice.init("alice", relayUrl);
    await bob.init("bob", relayUrl);
    await pinEachOther(alice, bob);
    await send(alice, { peer: "bob", body: "one" });
    await send(bob, { peer: "alice", body: "eins", byTool: true });
    for (const home of [alice, bob]) await push(home, "daemon");
    for (const home of [alice, bob]) await pull(home);
    return homes;
  }

  /** Another home of 0.5.19 on the same relay. */
  async another(handle: string): Promise<ReferenceHome> {
    const home = new ReferenceHome(`${this.directory}/${handle}`);
    await home.init(handle, this.relayUrl);
    return home;
  }

  /** Our program on alice's home. */
  ours(): ClientContext {
    const clock = new RealClock();
    const env = new FakeEnv({
      variables: { WIRE_HOME: this.alice.path, WIRE_MCP_SKIP_AUTO_UP: "1" },
      homeDirectory: `${this.directory}/nobody`,
    });
    const net = new RealNet({ env, warn: () => Promise.resolve() });
    const platform = fakePlatform({
      clock,
      env,
      net,
      files: new RealFiles(clock),
      random: new RealRandom(),
      processes: this.#processes,
    });
    return createContext(platform, { warn: () => undefined });
  }

  /** A process of that machine, as ours sees it. */
  live(pid: number, commandLine: readonly string[]): void {
    this.#processes.living.set(pid, commandLine);
  }

  dies(pid: number): void {
    this.#processes.living.delete(pid);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#stack.disposeAsync();
  }
}

async function relayOf(
  kind: RelayKind,
  directory: string,
  stack: AsyncDisposableStack,
): Promise<string> {
  if (kind === "a 0.5.19 relay") {
    return stack.use(await ReferenceRelay.start({ tokens: 1_000 })).url;
  }
  const clock = new RealClock();
  const platform = fakePlatform({
    clock,
    files: new RealFiles(clock),
    random: new RealRandom(),
  });
  const options = { bind: "127.0.0.1:0", localOnly: true, dataDirectory: `${directory}/relay` };
  const relay = await startRelay(options, platform);
  stack.defer(async () => void await relay.close());
  return relay.url;
}

/** Every file below the home with its bytes, but for locks, which are empty. */
export async function snapshot(directory: string): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name, isDirectory } of Deno.readDir(directory)) {
    const path = `${directory}/${name}`;
    if (isDirectory) Object.assign(found, await snapshot(path));
    else if (!/\.lock(\.owner)?$/.test(name)) {
      found[path] = (await Deno.readFile(path)).toBase64();
    }
  }
  return found;
}
