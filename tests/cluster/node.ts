/** One relay of a cluster, and what its clients ask of it. */
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import type { WireProcess } from "../../scripts/wire_process.ts";

export interface Slot {
  readonly slot_id: string;
  readonly slot_token: string;
}

export interface Answer {
  readonly status: number;
  readonly text: string;
}

export interface TestEvent {
  readonly id: string;
  readonly text: string;
}

/** An event in stored form whose id is its hash. */
export function eventOf(from: string, n: number, filling = ""): TestEvent {
  const members = `"from":"${from}","n":${n},"z":"${filling}"`;
  const id = createHash("sha256").update(`{${members}}`).digest("hex");
  return { id, text: `{"event_id":"${id}",${members}}` };
}

export interface StoredEvent {
  readonly event_id: string;
  readonly from: string;
  readonly n: number;
}

export class Node {
  readonly url: string;

  constructor(readonly address: string, readonly process: WireProcess) {
    this.url = `http://${address}`;
  }

  async call(method: string, path: string, { token, body }: {
    readonly token?: string;
    readonly body?: string | object;
  } = {}): Promise<Answer> {
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { "content-type": "application/json" }),
      },
      ...(body === undefined
        ? {}
        : { body: typeof body === "string" ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
    return { status: response.status, text: await response.text() };
  }

  /** As `call`, for what must succeed. @returns the JSON that it answers */
  async ok(method: string, path: string, options: {
    readonly token?: string;
    readonly body?: string | object;
  } = {}): Promise<Record<string, string>> {
    const { status, text } = await this.call(method, path, options);
    assert.ok(status >= 200 && status < 300, `${method} ${path}: ${status} ${text}`);
    return JSON.parse(text);
  }

  async allocate(body: object = {}): Promise<Slot> {
    const { slot_id = "", slot_token = "" } = await this.ok("POST", "/v1/slot/allocate", { body });
    return { slot_id, slot_token };
  }

  post(slot: Slot, event: TestEvent, token: string = slot.slot_token): Promise<Answer> {
    return this.call("POST", `/v1/events/${slot.slot_id}`, {
      token,
      body: `{"event":${event.text}}`,
    });
  }

  async stored(slot: Slot): Promise<StoredEvent[]> {
    const events: StoredEvent[] = [];
    for (;;) {
      const last = events.at(-1);
      const query = last === undefined ? "" : `&since=${last.event_id}`;
      const path = `/v1/events/${slot.slot_id}?limit=1000${query}`;
      const { status, text } = await this.call("GET", path, { token: slot.slot_token });
      assert.equal(status, 200, text);
      const page: StoredEvent[] = JSON.parse(text);
      if (page.length === 0) return events;
      events.push(...page);
    }
  }

  async stream(slot: Slot): Promise<Stream> {
    const response = await fetch(`${this.url}/v1/events/${slot.slot_id}/stream`, {
      headers: { authorization: `Bearer ${slot.slot_token}` },
    });
    assert.equal(response.status, 200);
    assert.ok(response.body);
    return new Stream(response.body.pipeThrough(new TextDecoderStream()).getReader());
  }

  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.process.finished();
  }
}

/** Server-sent events, one at a time. */
export class Stream implements AsyncDisposable {
  #text = "";

  constructor(readonly reader: ReadableStreamDefaultReader<string>) {}

  /** The next event's data, or undefined at the end. */
  async next(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf("\n\n");
      if (end !== -1) {
        const message = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        if (message.startsWith("data: ")) return message.slice("data: ".length);
        continue;
      }
      const { done, value } = await this.reader.read();
      if (done) return undefined;
      this.#text += value;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.reader.cancel();
  }
}
