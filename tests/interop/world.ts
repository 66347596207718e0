/** Homes of ours and of the reference peer on one relay of either kind. */
import assert from "node:assert/strict";
import { World } from "../e2e/world.ts";
import { ReferenceHome } from "./reference/home.ts";
import { ReferenceRelay } from "./reference/relay.ts";

export type RelayKind = "our relay" | "a 0.5.19 relay";
export const RELAYS: readonly RelayKind[] = ["our relay", "a 0.5.19 relay"];

export class InteropWorld implements AsyncDisposable {
  readonly kind: RelayKind;
  readonly world: World;
  readonly url: string;
  /** The reference relay, when it is one. */
  readonly reference: ReferenceRelay | undefined;
  readonly stack: AsyncDisposableStack;

  private constructor(
    world: World,
    { kind, url, reference, stack }: {
      readonly kind: RelayKind;
      readonly url: string;
      readonly reference: ReferenceRelay | undefined;
      readonly stack: AsyncDisposableStack;
    },
  ) {
    this.kind = kind;
    this.world = world;
    this.url = url;
    this.reference = reference;
    this.stack = stack;
  }

  /** @param reach `public`: a relay of ours whose names can be resolved */
  static async create(
    kind: RelayKind,
    { reach = "local" }: { readonly reach?: "local" | "public" } = {},
  ): Promise<InteropWorld> {
    const stack = new AsyncDisposableStack();
    const world = stack.use(await World.create());
    const reference = kind === "our relay"
      ? undefined
      : stack.use(await ReferenceRelay.start({ tokens: 1_000 }));
    const url = reference?.url ??
      await (reach === "local" ? localRelay(world) : publicRelay(world));
    return new InteropWorld(world, { kind, url, reference, stack });
  }

  /** A home that 0.5.19 made, with a mailbox on the relay. */
  async referencePeer(handle: string): Promise<ReferenceHome> {
    const home = new ReferenceHome(`${this.world.directory}/${handle}`);
    await home.init(handle, this.url);
    return home;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    // extensions.md, opening rule 3: what a relay does not announce is not called.
    const strange = this.reference?.requests.filter((line) =>
      !/ (\/healthz|\/v1\/(slot|events|pair|handle)(\/.*)?|\/\.well-known\/.*)$/.test(line)
    );
    await this.stack.disposeAsync();
    assert.deepEqual(strange ?? [], []);
  }
}

const localRelay = async (world: World): Promise<string> => (await world.relay()).url;

/** With a phonebook, and on loopback all the same. */
async function publicRelay(world: World): Promise<string> {
  const data = `${world.directory}/public-relay`;
  const process = world.home("relay-home").start([
    ...["relay-server", "--bind", "127.0.0.1:0", "--data", data],
  ]);
  const [, address = ""] = await process.line("stderr", /listening on (\S+)/);
  return `http://${address}`;
}

/** Polls what another process writes; @param log shown when it does not come to hold in two minutes */
export async function until(
  holds: () => Promise<boolean>,
  log: readonly string[],
): Promise<void> {
  const deadline = Date.now() + 120_000;
  while (!await holds()) {
    assert.ok(Date.now() < deadline, log.join("\n"));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
