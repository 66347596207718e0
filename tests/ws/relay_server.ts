/** A relay as a server, on a port of its own and a directory of its own. */
import { FakeLog } from "../../platform/fake/log.ts";
import { realPlatform } from "../../platform/real.ts";
import type { RelayOptions } from "../../relay/options.ts";
import { type RunningRelay, startRelay } from "../../relay/serve.ts";
import type { Slot } from "../relay/relay_world.ts";

export interface ServerWorld extends AsyncDisposable {
  readonly relay: RunningRelay;
  /** Of class shared unless asked otherwise. */
  slot(body?: Readonly<Record<string, unknown>>): Promise<Slot>;
  post(slot: Slot, event: string): Promise<number>;
}

export async function serverWorld(options: Partial<RelayOptions> = {}): Promise<ServerWorld> {
  const dataDirectory = await Deno.makeTempDir({ prefix: "wire-ws-" });
  const real = realPlatform();
  const relay = await startRelay(
    { bind: "127.0.0.1:0", localOnly: true, dataDirectory, ...options },
    { ...real, log: new FakeLog() },
  );
  const post = async (path: string, body: string, token?: string): Promise<Response> =>
    await fetch(`${relay.url}${path}`, {
      method: "POST",
      headers: {
        "content-type": "application/json",
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      },
      body,
    });
  return {
    relay,
    async slot(body = {}) {
      const response = await post("/v1/slot/allocate", JSON.stringify(body));
      const { slot_id: id, slot_token: token } = await response.json();
      return { id, token };
    },
    async post({ id, token }, event) {
      const response = await post(`/v1/events/${id}`, `{"event":${event}}`, token);
      await response.body?.cancel();
      return response.status;
    },
    async [Symbol.asyncDispose]() {
      await relay.close();
      real[Symbol.dispose]();
      await Deno.remove(dataDirectory, { recursive: true });
    },
  };
}
