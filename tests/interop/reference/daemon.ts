/** The reference's daemon: push, pull, one step of each pairing, wait. docs/protocol/identity-and-events.md §15. */
import { readText, type ReferenceHome, timestamp } from "./home.ts";
import { at } from "./json.ts";
import { pull, push } from "./mail.ts";
import { PairDaemon } from "./pairing.ts";

/** A real one waits five seconds between its ticks. */
const INTERVAL_MS = 150;

export class ReferenceDaemon implements AsyncDisposable {
  readonly home: ReferenceHome;
  /** What happened, for messages of failed tests. */
  readonly log: string[] = [];
  readonly #pairs: PairDaemon;
  readonly #stop = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(home: ReferenceHome) {
    this.home = home;
    this.#pairs = new PairDaemon(home, 120_000);
  }

  /** Recovers pairings as one whose daemon.pid names no live process, and writes its own. */
  static async start(home: ReferenceHome): Promise<ReferenceDaemon> {
    const daemon = new ReferenceDaemon(home);
    await daemon.#pairs.start();
    await writePid(home, Deno.pid);
    daemon.#loop = daemon.#run();
    return daemon;
  }

  async tick(): Promise<void> {
    for (const step of [() => push(this.home, "daemon"), () => pull(this.home)]) {
      try {
        await step();
      } catch (error) {
        this.log.push(String(error));
      }
    }
    this.log.push(...await this.#pairs.tick());
  }

  async #run(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      await this.tick();
      await new Promise((resolve) => setTimeout(resolve, INTERVAL_MS));
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }
}

/** The record in its fixed order. */
export async function writePid(home: ReferenceHome, pid: number): Promise<void> {
  const self = at(await home.relayState(), "self", "relay_url");
  const record = {
    schema: "wire-daemon-pid-v1",
    pid,
    bin_path: "/usr/local/bin/wire",
    version: "0.5.19",
    started_at: timestamp(),
    did: await home.did(),
    relay_url: typeof self === "string" ? self : null,
  };
  await Deno.writeTextFile(`${home.state}/daemon.pid`, JSON.stringify(record, null, 2));
}

/** As the reference reads it (§17). @returns what it would say of the file */
export async function pidFileForm(home: ReferenceHome): Promise<"missing" | "record" | "legacy"> {
  const content = (await readText(`${home.state}/daemon.pid`) ?? "").trim();
  if (content === "") return "missing";
  if (/^\d+$/.test(content)) return "legacy";
  const record: unknown = JSON.parse(content);
  for (const name of ["schema", "pid", "bin_path", "version", "started_at"]) {
    if (!Object.hasOwn(Object(record), name)) throw new Error(`corrupt: no ${name}`);
  }
  return "record";
}
