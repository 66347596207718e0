/** Homes in memory that pair with each other over our relay, on one clock; the relay may lie. */
import assert from "node:assert/strict";
import { type ClientContext, createContext } from "../../client/context.ts";
import { pairConfirm } from "../../client/operations/pair_confirm.ts";
import { pairHost } from "../../client/operations/pair_host.ts";
import { pairJoin } from "../../client/operations/pair_join.ts";
import { tickPairings } from "../../client/pairing/both_forms.ts";
import type { PairOutput } from "../../client/pairing/pair_progress.ts";
import { Puller } from "../../client/sync/puller.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import { MemoryFiles } from "../../platform/fake/memory_files.ts";
import { FakeNet } from "../../platform/fake/net.ts";
import { type FakePlatform, fakePlatform } from "../../platform/fake/platform.ts";
import { FakeRandom } from "../../platform/fake/random.ts";
import { transportError } from "../../platform/transport_error.ts";
import type { Files } from "../../platform/files.ts";
import { isHandle } from "../../protocol/ids.ts";
import type { Pair2State } from "../../protocol/pair2/state.ts";
import { agentOf } from "../../protocol/trust/trust.ts";
import { RelayWorld } from "../relay/relay_world.ts";

export const RELAY = "http://relay.test";

/** What stands between a home and the relay: a reply of its own, `lost` after the relay has acted. */
export type Between = (
  request: Request,
  agent: string,
) => Response | "lost" | "dropped" | undefined | Promise<Response | undefined>;

export class Agent {
  readonly files: MemoryFiles;
  readonly platform: FakePlatform;
  readonly warnings: string[] = [];
  did = "";

  constructor(readonly name: string, readonly world: Pair2World) {
    const { clock } = world.relayWorld;
    this.files = new MemoryFiles({ clock });
    const net = new FakeNet().serve(RELAY, (request) => world.answer(request, name));
    const variables = { WIRE_HOME: `/${name}`, WIRE_MCP_SKIP_AUTO_UP: "1" };
    this.platform = fakePlatform({
      clock,
      net,
      files: this.files,
      random: new FakeRandom(name),
      env: new FakeEnv({ variables }),
    });
  }

  /** A process of this home: everything it knows is on the disk. */
  context(files: Files = this.files): ClientContext {
    const warn = (line: string): void => void this.warnings.push(line);
    return createContext({ ...this.platform, files }, { warn });
  }

  /** Of its newest pairing. */
  async state(): Promise<Pair2State> {
    return (await this.context().home.pair2.list()).at(-1)?.state ?? assert.fail("no record");
  }

  /** The tier of that peer in the file that every program reads. */
  async tierOf(handle: string): Promise<string | undefined> {
    const agent = agentOf(await this.context().home.readTrust(), handle);
    return agent?.did === this.did ? undefined : agent?.tier;
  }

  /** One round of a daemon that was just started. */
  async tick(context: ClientContext = this.context()): Promise<string[]> {
    const { transitions } = await tickPairings(context, new AbortController().signal);
    return transitions.map(({ from, to }) => `${from} → ${to}`);
  }

  async pull(): Promise<void> {
    const context = this.context();
    const puller = new Puller(context, await context.home.readIdentity());
    const { signal } = new AbortController();
    await puller.round({ signal, until: new Promise(() => {}) });
  }
}

export class Pair2World implements AsyncDisposable {
  readonly relayWorld = new RelayWorld();
  readonly clock = this.relayWorld.clock;
  between: Between = () => undefined;
  /** `alice PUT /v1/pair2/…/commit`, oldest first, with ids left out. */
  readonly calls: string[] = [];

  async agent(name: string): Promise<Agent> {
    const agent = new Agent(name, this);
    assert.ok(isHandle(name));
    agent.did = (await agent.context().home.createIdentity({ handle: name })).did;
    return agent;
  }

  async answer(request: Request, name: string): Promise<Response> {
    const path = new URL(request.url).pathname.replace(/[0-9a-f]{32}/, "…");
    this.calls.push(`${name} ${request.method} ${path}`);
    const said = await this.between(request, name);
    if (said instanceof Response) return said;
    if (said === "dropped") throw transportError(request, new Error("connection reset by peer"));
    const remoteAddress = `192.0.2.${name.length}`;
    const answer = await this.relayWorld.relay.fetch(request, { remoteAddress });
    if (said === "lost") throw transportError(request, new Error("connection reset by peer"));
    return answer;
  }

  /** @returns the code */
  async host(agent: Agent, words?: number): Promise<string> {
    const input = { relay: RELAY, detach: true, ...(words === undefined ? {} : { words }) };
    return await queued(pairHost.stream(agent.context(), input, new AbortController().signal));
  }

  async join(agent: Agent, code: string): Promise<string> {
    const input = { relay: RELAY, detach: true, code };
    return await queued(pairJoin.stream(agent.context(), input, new AbortController().signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.relayWorld[Symbol.asyncDispose]();
  }
}

async function queued(stream: AsyncIterable<PairOutput>): Promise<string> {
  for await (const output of stream) {
    if ("state" in output) {
      assert.equal(output.form, "pair/2");
      return output.code_phrase;
    }
  }
  assert.fail("nothing was queued");
}

/** Types what the other screen shows, once both show something. */
export async function compare(agent: Agent, other: Agent, context: ClientContext): Promise<void> {
  const [own, theirs] = [await agent.state(), await other.state()];
  const sas = "sas" in theirs ? theirs.sas : undefined;
  if (own.tag !== "comparing" || sas === undefined) return;
  await pairConfirm.run(context, { code: own.meeting.nameplate, digits: sas });
}

/** Rounds of both until nothing more is to be done; each round by new processes. */
export async function rounds(first: Agent, second: Agent, count = 8): Promise<void> {
  for (let round = 0; round < count; round++) {
    for (const [agent, other] of [[first, second], [second, first]] as const) {
      await agent.tick();
      await compare(agent, other, agent.context());
    }
  }
}

export async function assertVerified(a: Agent, b: Agent, at = ""): Promise<void> {
  for (const [agent, other] of [[a, b], [b, a]] as const) {
    const state = await agent.state();
    assert.ok(state.tag === "verified", `${at} ${agent.name}: ${JSON.stringify(state)}`);
    assert.equal(state.peerDid, other.did);
    assert.equal(await agent.tierOf(other.name), "VERIFIED", at);
    const { peers } = await agent.context().home.readRelayState();
    const { self } = await other.context().home.readRelayState();
    assert.equal(peers[other.name]?.slot_id, self?.slot_id, at);
  }
}

/** Alice has a code, and bob has joined with it. */
export interface Met {
  readonly world: Pair2World;
  readonly alice: Agent;
  readonly bob: Agent;
  readonly code: string;
}

export async function met(words?: number): Promise<Met> {
  const world = new Pair2World();
  const [alice, bob] = [await world.agent("alice"), await world.agent("bob")];
  const code = await world.host(alice, words);
  await world.join(bob, code);
  return { world, alice, bob, code };
}
