/**
 * One of the two who pair: a home in memory, and a process on it that may die at any durable step.
 * After that there is another process, which knows what is on the disk.
 */
import assert from "node:assert/strict";
import type { ClientContext } from "../../client/context.ts";
import { pairList } from "../../client/operations/pair_list.ts";
import { peers } from "../../client/operations/peers.ts";
import type { PairListing } from "../../client/pairing/pair_listing.ts";
import { Crash, type CrashMoment, FaultFiles } from "../../platform/fault_files.ts";
import { WireError } from "../../protocol/errors.ts";
import type { Agent } from "../pair2/pair2_world.ts";

export const NAMES = ["alice", "bob"] as const;
export type Name = typeof NAMES[number];

export class Side {
  /** How often its process has died. */
  deaths = 0;
  #files: FaultFiles;
  #context: ClientContext;

  constructor(readonly name: Name, readonly agent: Agent) {
    this.#files = new FaultFiles(agent.files);
    this.#context = agent.context(this.#files);
  }

  restart(): void {
    this.#files = new FaultFiles(this.agent.files);
    this.#context = this.agent.context(this.#files);
  }

  /** Its process dies at the durable step that many steps ahead. */
  dieAt(ahead: number, moment: CrashMoment): void {
    this.#files.crashAt(this.#files.steps.length + ahead, moment);
  }

  /** What fails with a WireError, or dies, has failed: whoever asked for it may ask again. */
  async run<T>(work: (context: ClientContext) => Promise<T>): Promise<T | undefined> {
    try {
      return await work(this.#context);
    } catch (error) {
      if (!(error instanceof WireError || error instanceof Crash)) throw error;
      return undefined;
    } finally {
      if (this.#files.crashed) {
        this.deaths++;
        this.restart();
      }
    }
  }

  /** What other programs of this home see, whatever its process does. */
  pinned(): Promise<{ readonly did: string; readonly tier: string }[]> {
    return peers.run(this.agent.context());
  }

  async isVerified(): Promise<boolean> {
    return (await this.pinned()).some(({ tier }) => tier === "VERIFIED");
  }

  /** Without those that are done. */
  async pairings(): Promise<readonly PairListing[]> {
    const { signal } = new AbortController();
    const [listings] = await Array.fromAsync(pairList.stream(this.agent.context(), {}, signal));
    assert.ok(Array.isArray(listings));
    return listings;
  }

  /** How far its pairings are: statuses as listed, and states of the form pair/2. */
  async standing(): Promise<readonly string[]> {
    const records = await this.agent.context().home.pair2.list();
    const tags = records.map(({ state }) => state.tag);
    return [...(await this.pairings()).map(({ status }) => status), ...tags];
  }
}
