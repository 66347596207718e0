/**
 * The sessions of this machine's user: each a whole home of its own below one root, and a registry of
 * which directory has which, in the format of 0.5.19. Looking creates nothing; nothing outside the
 * root is ever a session, whatever registry or links say. See docs/protocol/cli.md §7.1.
 */
import path from "node:path";
import type { FileLock } from "../../platform/files.ts";
import { homeBelow } from "../../platform/paths.ts";
import type { Platform } from "../../platform/platform.ts";
import { WireError } from "../../protocol/errors.ts";
import { Home, LOCK_DEADLINE_MS } from "../home/home.ts";
import { Registry } from "./registry.ts";
import { candidateNames, isSessionName, type SessionName } from "./session_name.ts";
import { sessionsRoot } from "./sessions_root.ts";

export interface Session {
  readonly name: SessionName;
  /** Its WIRE_HOME, absolute. */
  readonly directory: string;
  readonly home: Home;
  /** Directories in which it is found by itself, sorted. */
  readonly cwds: readonly string[];
}

export interface Reservation {
  readonly name: SessionName;
  /** The session that the directory had before. */
  readonly replaced: SessionName | undefined;
  /** Other directories that share it. */
  readonly sharedWith: readonly string[];
  /** There, and no directory's: taken for nobody's unless it is asked for by name. */
  readonly passedOver: readonly SessionName[];
}

/** For another `session new` or `destroy` of that name, which may wait for a relay. */
const SESSION_DEADLINE_MS = 60_000;
/** What whoever removes a session calls itself: from then on it is listed no more. */
const REMOVER = "wire session destroy";
const OWNER_ONLY = 0o700;

export class Sessions {
  readonly #platform: Platform;
  readonly root: string;

  /** The sessions that the environment names. @throws {WireError} usage, unreadable */
  static async open(platform: Platform): Promise<Sessions> {
    return new Sessions(platform, await sessionsRoot(platform));
  }

  constructor(platform: Platform, root: string) {
    this.#platform = platform;
    this.root = root;
  }

  /** In the order of their names; without one that is being destroyed. @throws {WireError} unreadable */
  async list(): Promise<readonly Session[]> {
    const registry = await this.#read();
    const found: Session[] = [];
    for (const name of await this.#platform.files.list(this.root)) {
      if (!isSessionName(name) || !await this.#isOwn(name) || await this.#isLeaving(name)) continue;
      const session = this.#session(name, registry);
      // A directory that holds no home is nobody's session, unless it was promised to somebody.
      if (session.cwds.length > 0 || await hasHome(session)) found.push(session);
    }
    return found;
  }

  /** @returns undefined when there is no such directory. @throws {WireError} refused, unreadable */
  async find(name: SessionName): Promise<Session | undefined> {
    if (await this.#platform.files.stat(path.join(this.root, name)) === undefined) return undefined;
    await this.#refuseForeign(name);
    return this.#session(name, await this.#read());
  }

  /** The name that the registry has for that directory, by its exact spelling. */
  async nameFor(cwd: string): Promise<SessionName | undefined> {
    return (await this.#read()).nameFor(cwd);
  }

  /** The session of that name, whether it is there yet or not. @throws {WireError} refused, unreadable */
  async at(name: SessionName): Promise<Session> {
    await this.#refuseForeign(name);
    return this.#session(name, await this.#read());
  }

  /**
   * Gives a directory its session, on the disk when this returns. Two directories that ask at once
   * never get the same one, unless it was asked for by name.
   * @param wanted else the one that the directory has, else a new one named after it
   * @throws {WireError} locked, unreadable, write_failed
   */
  async reserve(cwd: string, wanted: SessionName | undefined): Promise<Reservation> {
    const passedOver: SessionName[] = [];
    let had: SessionName | undefined;
    const registry = await this.#update("wire session new", async (registry) => {
      had = registry.nameFor(cwd);
      const name = wanted ?? had ?? await this.#freeName(cwd, { registry, passedOver });
      return registry.with(cwd, name);
    });
    const name = registry.nameFor(cwd);
    if (name === undefined) throw new Error("the directory was given a name");
    return {
      name,
      replaced: had === name ? undefined : had,
      sharedWith: registry.directoriesOf(name).filter((other) => other !== cwd),
      passedOver,
    };
  }

  /** No directory has that session any more. @throws {WireError} locked, unreadable, write_failed */
  async release(name: SessionName): Promise<void> {
    if ((await this.#read()).directoriesOf(name).length === 0) return;
    await this.#update(REMOVER, (registry) => registry.without(name));
  }

  /** One at a time makes, mends or destroys a session. @throws {WireError} locked, naming the holder */
  async lock(name: SessionName, owner: string): Promise<FileLock> {
    await this.#ensureRoot();
    const options = { owner, deadlineMs: SESSION_DEADLINE_MS };
    return await this.#platform.files.lock(this.#lockFile(name), options);
  }

  /** As `lock`; a daemon that serves all sessions lets go of this one. @throws {WireError} as `lock` */
  lockToDestroy(name: SessionName): Promise<FileLock> {
    return this.lock(name, `${REMOVER} ${name}`);
  }

  #lockFile(name: SessionName): string {
    return path.join(this.root, `${name}.session.lock`); // no other lock has such a name
  }

  async #isLeaving(name: SessionName): Promise<boolean> {
    const holder = await this.#platform.files.lockHolder(this.#lockFile(name));
    return holder?.startsWith(`${REMOVER} `) === true;
  }

  #session(name: SessionName, registry: Registry): Session {
    const directory = path.join(this.root, name);
    const home = new Home(this.#platform, homeBelow(this.#platform.env, directory));
    return { name, directory, home, cwds: registry.directoriesOf(name) };
  }

  get #registryFile(): string {
    return path.join(this.root, "registry.json");
  }

  async #read(): Promise<Registry> {
    const text = await this.#platform.files.readText(this.#registryFile);
    return Registry.parse(text, this.#registryFile);
  }

  /** @returns what is on the disk now */
  async #update(
    owner: string,
    change: (registry: Registry) => Registry | Promise<Registry>,
  ): Promise<Registry> {
    const { files } = this.#platform;
    await this.#ensureRoot();
    const lockFile = path.join(this.root, "registry.lock");
    await using _lock = await files.lock(lockFile, { owner, deadlineMs: LOCK_DEADLINE_MS });
    const current = await this.#read();
    const changed = await change(current);
    if (changed !== current) {
      await files.writeAtomic(this.#registryFile, changed.print(), { point: "sessions.registry" });
    }
    return await this.#read();
  }

  async #freeName(
    cwd: string,
    { registry, passedOver }: { registry: Registry; passedOver: SessionName[] },
  ): Promise<SessionName> {
    const { basename } = this.#platform.env.os === "windows" ? path.win32 : path.posix;
    for (const name of candidateNames(cwd, basename(cwd))) {
      if (registry.directoriesOf(name).length > 0) continue;
      const found = await this.#platform.files.stat(path.join(this.root, name));
      if (found === undefined) return name;
      passedOver.push(name);
    }
    throw new WireError("conflict", "Cannot name a session after this directory: all are taken", {
      hint: "give it a name: wire session new <name>",
    });
  }

  /** Whether it is a directory of its own, and no link to somewhere else. */
  async #isOwn(name: SessionName): Promise<boolean> {
    const { files } = this.#platform;
    const directory = path.join(this.root, name);
    if ((await files.stat(directory))?.isDirectory !== true) return false;
    return await files.followLinks(directory) === directory;
  }

  async #refuseForeign(name: SessionName): Promise<void> {
    const directory = path.join(this.root, name);
    const isThere = await this.#platform.files.stat(directory) !== undefined;
    if (!isThere || await this.#isOwn(name)) return;
    throw new WireError(
      "refused",
      `Cannot use ${JSON.stringify(directory)} as a session: expected a directory of its own`,
      { hint: "a link or a file stands in its place; move it away, or choose another name" },
    );
  }

  async #ensureRoot(): Promise<void> {
    const { files } = this.#platform;
    await files.ensureDirectory(this.root, OWNER_ONLY);
    const mode = (await files.stat(this.root))?.mode;
    if (mode !== undefined && mode !== OWNER_ONLY) await files.chmod(this.root, OWNER_ONLY);
  }
}

async function hasHome({ home: { paths, platform: { files } } }: Session): Promise<boolean> {
  const [config, state] = await Promise.all([
    files.stat(paths.configRoot),
    files.stat(paths.stateRoot),
  ]);
  return config?.isDirectory === true || state?.isDirectory === true;
}
