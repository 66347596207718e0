/**
 * The homes that one notifier covers: this one and, where the user has sessions, every other. Each has
 * its own lock, place and trouble: one that is broken, or told by somebody else, is said once, tried
 * again, and stops no other. Sessions that come are taken up, sessions that go are let go.
 */
import type { FileLock } from "../../platform/files.ts";
import { WireError } from "../../protocol/errors.ts";
import type { ClientContext } from "../context.ts";
import { errorText } from "../sync/error_text.ts";
import { CoveredHome, type NewsOptions, type Place } from "./covered_home.ts";
import { placesOfUser } from "./places.ts";
import { NOTIFIER, userLockFile } from "./user_lock.ts";

export interface CoverOptions extends NewsOptions {
  /** This home only, whatever sessions there are. */
  readonly isAlone: boolean;
  /** A single look: what is wrong with this home is then its end. */
  readonly once: boolean;
}

interface Attempt {
  /** The home's state directory. */
  readonly key: string;
  readonly session: string | undefined;
  readonly step: "open" | "read" | "save";
}

export class CoveredHomes implements AsyncDisposable {
  readonly #context: ClientContext;
  readonly #options: CoverOptions;
  /** By state directory. */
  readonly #covered = new Map<string, CoveredHome>();
  /** By step: what was last said to be wrong there. */
  readonly #told = new Map<string, string>();
  #userLock: FileLock | undefined;
  #failure: unknown;

  private constructor(context: ClientContext, options: CoverOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** @throws {WireError} locked, naming the notifier of this user or of this home; write_failed */
  static async open(context: ClientContext, options: CoverOptions): Promise<CoveredHomes> {
    const homes = new CoveredHomes(context, options);
    try {
      await context.home.ensureRoots();
      await homes.#start();
      return homes;
    } catch (error) {
      await homes[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Those whose news are ours to tell now. */
  async look(): Promise<readonly CoveredHome[]> {
    this.#failure = undefined;
    const places = await this.#places();
    if (places === undefined) return [...this.#covered.values()]; // those that are covered go on
    for (const [key, covered] of this.#covered) {
      if (places.has(key)) continue;
      this.#covered.delete(key);
      await covered[Symbol.asyncDispose]();
    }
    for (const [key, place] of places) {
      await this.#attempt(
        { key, session: place.session, step: "open" },
        () => this.#cover(key, place),
      );
    }
    return [...this.#covered.values()];
  }

  /** Does it for each of them; one that fails is said, and keeps nobody from the next. */
  async each(step: "read" | "save", work: (home: CoveredHome) => Promise<void>): Promise<void> {
    for (const [key, home] of [...this.#covered]) {
      await this.#attempt({ key, session: home.session, step }, () => work(home));
    }
  }

  /** @throws what is wrong with this home, where nothing else is left to do */
  throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const covered of this.#covered.values()) await covered[Symbol.asyncDispose]();
    this.#covered.clear();
    await this.#userLock?.release();
    this.#userLock = undefined;
  }

  async #start(): Promise<void> {
    try {
      await this.#lockUser();
    } catch (error) {
      if (error instanceof WireError && error.code === "locked") throw error;
      this.#complain("sessions", error); // this home is told all the same
    }
    const { home } = this.#context;
    const places = await this.#places();
    const place = places?.get(home.paths.stateRoot) ?? { home, session: undefined };
    await this.#cover(home.paths.stateRoot, place);
  }

  /** One at a time for all of a user; a user without sessions has nothing to lock. */
  async #lockUser(): Promise<void> {
    const { platform, platform: { files } } = this.#context;
    if (this.#options.isAlone) return;
    const file = await userLockFile(platform);
    if (file === undefined || file === this.#userLock?.path) return;
    await this.#userLock?.release();
    this.#userLock = undefined;
    this.#userLock = await files.lock(file, { owner: NOTIFIER, deadlineMs: 0 });
  }

  /** @returns by state directory; undefined when it cannot be told what there is */
  async #places(): Promise<ReadonlyMap<string, Place> | undefined> {
    const { home } = this.#context;
    try {
      await this.#lockUser();
      const places = this.#userLock === undefined
        ? new Map([[home.paths.stateRoot, { home, session: undefined }]])
        : await placesOfUser(home);
      this.#told.delete("sessions");
      return places;
    } catch (error) {
      this.#complain("sessions", error);
      return undefined;
    }
  }

  async #cover(key: string, place: Place): Promise<void> {
    const covered = this.#covered.get(key);
    if (covered !== undefined) {
      if (await covered.isStill(place)) return;
      this.#covered.delete(key);
      await covered[Symbol.asyncDispose]();
    }
    this.#covered.set(key, await CoveredHome.open(place, this.#options));
  }

  async #attempt({ key, session, step }: Attempt, work: () => Promise<void>): Promise<void> {
    const isOwn = key === this.#context.home.paths.stateRoot;
    const ours = isOwn ? "this home" : "the user's home";
    const name = `${session === undefined ? ours : `session ${session}`} ${step}`;
    try {
      await work();
      this.#told.delete(name);
    } catch (error) {
      const hasOthers = [...this.#covered.keys()].some((other) => other !== key);
      if (isOwn && (this.#options.once || !hasOthers)) this.#failure ??= error;
      else this.#complain(name, error);
    }
  }

  #complain(step: string, error: unknown): void {
    const text = errorText(error);
    if (this.#told.get(step) !== text) this.#context.warn(`notify: ${step} error: ${text}`);
    this.#told.set(step, text);
  }
}
