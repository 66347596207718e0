/** An empty home, a relay with a directory, and a daemon that takes the lock when it is started. */
import type { Files } from "../../platform/files.ts";
import { createContext } from "../../client/context.ts";
import { fakeWorld, RELAY, type World } from "../../client/fake/world.ts";
import { up } from "../../client/operations/up.ts";
import { DAEMON_OWNER } from "../../store/home/daemon_state.ts";
import { connect } from "../grants/granting_world.ts";
import { RelayWorld } from "../relay/relay_world.ts";

export interface UpOptions {
  readonly files?: Files;
  readonly withLocal?: boolean;
}

export interface UpWorld extends World, AsyncDisposable {
  readonly relay: RelayWorld;
  /** Runs it in a process of its own on these files. */
  up(address?: string, options?: UpOptions): ReturnType<typeof up.run>;
  /** Each file's text, without what locks leave. */
  texts(): Readonly<Record<string, string>>;
}

export async function upWorld(): Promise<UpWorld> {
  const world = fakeWorld("alice");
  const relay = new RelayWorld();
  const { platform, home, warnings } = world;
  await platform.clock.advance(relay.clock.now() - platform.clock.now());
  connect(world, relay);
  const { processes } = platform;
  const spawn = processes.spawnSelf.bind(processes);
  processes.spawnSelf = async (options) => {
    const pid = await spawn(options);
    await home.lockDaemon(`${DAEMON_OWNER} (pid ${pid}) as`, { deadlineMs: 0 });
    return pid;
  };
  return {
    ...world,
    relay,
    async up(address, { files = platform.files, withLocal } = {}) {
      const warn = (line: string): void => void warnings.push(line);
      const context = createContext({ ...platform, files }, { warn });
      return await up.run(context, up.input.parse({ address, withLocal }));
    },
    texts: () =>
      Object.fromEntries(
        Object.entries(platform.files.texts()).filter(([name]) => !/\.lock(\.owner)?$/.test(name)),
      ),
    [Symbol.asyncDispose]: () => relay[Symbol.asyncDispose](),
  };
}

export const ADDRESS = `alice@${RELAY}`;
