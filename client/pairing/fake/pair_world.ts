/** Two agents with fake worlds on one clock and one relay, for tests of pairing. */
import assert from "node:assert/strict";
import { FakeClock } from "../../../platform/fake/clock.ts";
import { FakeEnv } from "../../../platform/fake/env.ts";
import { FakeNet } from "../../../platform/fake/net.ts";
import { type FakePlatform, fakePlatform } from "../../../platform/fake/platform.ts";
import { FakeRandom } from "../../../platform/fake/random.ts";
import { isHandle } from "../../../protocol/ids.ts";
import { type ClientContext, createContext } from "../../context.ts";
import { pairHost } from "../../operations/pair_host.ts";
import { pairJoin } from "../../operations/pair_join.ts";
import { FakePairRelay, type FakePairRelayOptions } from "./pair_relay.ts";
import type { PairOutput, PairProgress } from "../pair_progress.ts";
import { pairTick } from "../pair_tick.ts";

export const RELAY = "http://relay.test";

export interface Agent {
  readonly name: string;
  readonly platform: FakePlatform;
  readonly context: ClientContext;
  readonly warnings: string[];
  readonly did: string;
}

/** A command in a terminal, and what it has shown so far. */
export interface Running {
  readonly shown: PairOutput[];
  readonly interrupt: AbortController;
  /** What it ended with, once it has ended. */
  error: unknown;
  ended: boolean;
}

export class PairWorld {
  readonly clock = new FakeClock();
  readonly net = new FakeNet();
  readonly relay: FakePairRelay;

  constructor(options: FakePairRelayOptions = {}) {
    this.relay = new FakePairRelay(this.clock, options);
    this.net.serve(RELAY, this.relay.host);
  }

  async agent(name: string): Promise<Agent> {
    const { clock, net } = this;
    const env = new FakeEnv({ variables: { WIRE_MCP_SKIP_AUTO_UP: "1" } });
    const platform = fakePlatform({ clock, net, env, random: new FakeRandom(name) });
    const warnings: string[] = [];
    const context = createContext(platform, { warn: (line) => void warnings.push(line) });
    assert.ok(isHandle(name));
    const { did } = await context.home.createIdentity({ handle: name });
    return { name, platform, context, warnings, did };
  }

  host(agent: Agent, options: { readonly yes?: boolean; readonly timeout?: number } = {}): Running {
    return running((signal) =>
      pairHost.stream(agent.context, { relay: RELAY, compat: true, ...options }, signal)
    );
  }

  join(
    agent: Agent,
    code: string,
    options: { readonly yes?: boolean; readonly timeout?: number } = {},
  ): Running {
    return running((signal) =>
      pairJoin.stream(agent.context, { code, relay: RELAY, ...options }, signal)
    );
  }

  /** Moves time in small steps until it is so. */
  async until(isSo: () => boolean, maxMs: number = 60_000): Promise<void> {
    for (let ms = 0; !isSo(); ms += 250) {
      assert.ok(ms < maxMs, "it never came to that");
      await this.clock.advance(250);
    }
  }

  /** Asks for a pairing that the daemons drive. @returns the code */
  async queueHost(agent: Agent): Promise<string> {
    return await queued(
      pairHost.stream(agent.context, { ...detached, compat: true }, new AbortController().signal),
    );
  }

  async queueJoin(agent: Agent, code: string): Promise<void> {
    const input = { ...detached, code };
    await queued(pairJoin.stream(agent.context, input, new AbortController().signal));
  }

  /** One round of each agent's daemon. @returns the transitions, as `alice: from → to` */
  async tick(...agents: readonly Pick<Agent, "name" | "context">[]): Promise<string[]> {
    const told: string[] = [];
    for (const { name, context } of agents) {
      for (const { from, to } of await pairTick(context, new AbortController().signal)) {
        told.push(`${name}: ${from} → ${to}`);
      }
    }
    return told;
  }
}

const detached = { relay: RELAY, detach: true };

async function queued(stream: AsyncIterable<PairOutput>): Promise<string> {
  for await (const output of stream) if ("state" in output) return output.code_phrase;
  assert.fail("nothing was queued");
}

function running(start: (signal: AbortSignal) => AsyncIterable<PairOutput>): Running {
  const interrupt = new AbortController();
  const it: Running = { shown: [], interrupt, error: undefined, ended: false };
  const consume = async (): Promise<void> => {
    for await (const output of start(interrupt.signal)) it.shown.push(output);
  };
  void consume().catch((error) => void (it.error = error)).finally(() => void (it.ended = true));
  return it;
}

type Step<Name> = Extract<PairProgress, { progress: Name }>;

/** The last progress record of that name. */
export function shown<Name extends PairProgress["progress"]>(
  { shown }: Running,
  name: Name,
): Step<Name> | undefined {
  const isStep = (it: PairOutput): it is Step<Name> => "progress" in it && it.progress === name;
  return shown.findLast(isStep);
}

export async function statusOf({ context }: Agent, code: string): Promise<string | undefined> {
  return (await context.home.pendingPairs.read(code))?.status;
}

/** The tiers of the peers that somebody has pinned, by DID. */
export async function pinned({ context }: Agent): Promise<Record<string, string>> {
  const { agents } = await context.home.readTrust();
  const peers = [...agents.values()].filter(({ tier }) => tier !== "ATTESTED");
  return Object.fromEntries(peers.map(({ did, tier }) => [did, tier]));
}
