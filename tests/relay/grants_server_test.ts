/** Grants over real sockets and a store on the disk: what a restart keeps. */
import assert from "node:assert/strict";
import { FakeEnv } from "../../platform/fake/env.ts";
import { FakeLog } from "../../platform/fake/log.ts";
import { realPlatform } from "../../platform/real.ts";
import { type RunningRelay, startRelay } from "../../relay/serve.ts";
import { hashed } from "./relay_world.ts";

interface Call {
  readonly method?: string;
  readonly token?: string;
  readonly body?: unknown;
}

async function call(
  relay: RunningRelay,
  path: string,
  { method, token, body }: Call = {},
): Promise<{ readonly status: number; readonly text: string; readonly value: unknown }> {
  const response = await fetch(`${relay.url}${path}`, {
    method: method ?? (body === undefined ? "GET" : "POST"),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, value: text === "" ? undefined : JSON.parse(text) };
}

const memberOf = (value: unknown, name: string): string => {
  assert.ok(typeof value === "object" && value !== null);
  return String(Reflect.get(value, name));
};

Deno.test("P5: what a grant may and may not survives a restart of the relay", async () => {
  const directory = await Deno.makeTempDir({ prefix: "wire-grants-" });
  using real = realPlatform();
  const env = new FakeEnv({ variables: { WIRE_HOME: directory } });
  const start = () =>
    startRelay({ bind: "127.0.0.1:0", localOnly: true }, { ...real, log: new FakeLog(), env });
  let relay = await start();
  try {
    const made = (await call(relay, "/v1/slot/allocate", { body: { grants: true } })).value;
    const [slot, owner] = [memberOf(made, "slot_id"), memberOf(made, "slot_token")];
    const grants = `/v1/slot/${slot}/grants`;
    const issue = async (): Promise<{ readonly id: string; readonly token: string }> => {
      const { value } = await call(relay, grants, { token: owner, body: {} });
      return { id: memberOf(value, "grant_id"), token: memberOf(value, "token") };
    };
    const [bob, eve] = [await issue(), await issue()];
    const post = (token: string, n: number) =>
      call(relay, `/v1/events/${slot}`, {
        token,
        body: { event: JSON.parse(hashed(`"n":${n}`).text) },
      });
    assert.equal((await post(bob.token, 1)).status, 201);
    assert.equal((await post(eve.token, 2)).status, 201);
    const changed = { method: "PATCH", token: owner, body: { max_bytes: 1 } };
    assert.equal((await call(relay, `${grants}/${bob.id}`, changed)).status, 200);
    const revoked = { method: "DELETE", token: owner };
    assert.equal((await call(relay, `${grants}/${eve.id}`, revoked)).status, 200);
    await relay.close();
    relay = await start();
    assert.equal((await post(bob.token, 1)).status, 200);
    assert.match((await post(bob.token, 3)).text, /grant quota exceeded/);
    assert.match((await post(eve.token, 2)).text, /token revoked/);
    assert.match((await call(relay, `/v1/events/${slot}`, bob)).text, /may not read/);
    const listed = await call(relay, `/v1/events/${slot}`, { token: owner });
    assert.equal(listed.text, `[${[1, 2].map((n) => hashed(`"n":${n}`).text)}]`);
    const retired = await call(relay, `/v1/slot/${slot}`, revoked);
    assert.deepEqual([retired.status, memberOf(retired.value, "status")], [200, "retired"]);
    await relay.close();
    relay = await start();
    assert.equal((await post(bob.token, 1)).status, 410);
    assert.equal((await call(relay, `/v1/slot/${slot}`, revoked)).status, 410);
  } finally {
    await relay.close();
    await Deno.remove(directory, { recursive: true });
  }
});
