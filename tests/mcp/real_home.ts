/** A home on a real disk that knows a peer, for clients that are programs of others. */
import assert from "node:assert/strict";
import { type ClientContext, createContext } from "../../client/context.ts";
import { FakeEnv } from "../../platform/fake/env.ts";
import type { Platform } from "../../platform/platform.ts";
import { realPlatform } from "../../platform/real.ts";
import { buildEvent, signEvent } from "../../protocol/event/event.ts";
import { admitCard } from "../../protocol/identity/card.ts";
import { type Handle, isHandle } from "../../protocol/ids.ts";
import { pinCard } from "../../protocol/trust/trust.ts";
import type { Identity } from "../../store/home/identity.ts";
import { InboxWriter } from "../../store/mail/inbox.ts";

/** Nobody listens there. */
export const DEAD_RELAY = "http://127.0.0.1:9";

export interface RealHome extends AsyncDisposable {
  /** WIRE_HOME. */
  readonly path: string;
  readonly platform: Platform;
  /** As a daemon puts a message of alice's into the inbox. */
  arrives(body: string): Promise<void>;
}

function handle(text: string): Handle {
  assert.ok(isHandle(text));
  return text;
}

/** Bob's, who has pinned alice. */
export async function realHome(): Promise<RealHome> {
  const directory = await Deno.makeTempDir({ prefix: "wire-mcp-" });
  const world = realPlatform();
  const platformAt = (path: string): Platform => {
    const variables = { WIRE_HOME: path, WIRE_MCP_SKIP_AUTO_UP: "1" };
    return { ...world, env: new FakeEnv({ variables, homeDirectory: directory }) };
  };
  const made = async (name: string): Promise<[ClientContext, Identity]> => {
    const context = createContext(platformAt(`${directory}/${name}`), { warn: () => undefined });
    return [context, await context.home.createIdentity({ handle: handle(name) })];
  };
  const [bob, self] = await made("bob");
  const [, alice] = await made("alice");
  await bob.home.updateTrust("test", (store) => {
    const card = admitCard(alice.card);
    assert.ok(card.ok);
    const at = bob.platform.clock.timestamp();
    const pinned = pinCard(store, card, { tier: "VERIFIED", at });
    assert.ok(pinned.ok);
    return pinned.store;
  });
  await bob.home.ensureRoots();
  const { files, databases, clock } = bob.platform;
  const inbox = new InboxWriter({ files, databases, stateRoot: bob.home.paths.stateRoot });
  const arrives = async (body: string): Promise<void> => {
    const about = { from: alice.did, to: self.did, type: "claim", kind: 1001, body };
    const event = signEvent(buildEvent({ ...about, timestamp: clock.timestamp() }), alice);
    await inbox.store(alice.handle, [event]);
  };
  await arrives("the first one");
  return {
    path: `${directory}/bob`,
    platform: bob.platform,
    arrives,
    async [Symbol.asyncDispose]() {
      world[Symbol.dispose]();
      await Deno.remove(directory, { recursive: true });
    },
  };
}
