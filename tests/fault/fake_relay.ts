/** A relay in memory with the contract of docs/protocol/relay.md §5.3, 5.4 and 5.7. */
import { digestOf } from "../../protocol/event/event.ts";
import { parseEnvelope } from "../../protocol/event/envelope.ts";

interface Slot {
  readonly token: string;
  readonly events: { readonly id: string | undefined; readonly text: string }[];
  readonly streams: Set<ReadableStreamDefaultController<Uint8Array>>;
}

const json = (status: number, text: string): Response =>
  new Response(text, { status, headers: { "content-type": "application/json" } });

export class FakeRelay {
  readonly slots = new Map<string, Slot>();
  /** `POST <slot>` and `GET <slot> since` of every request, oldest first. */
  readonly log: string[] = [];
  /** Answers instead of the relay when it returns something. */
  intercept: (request: Request) => Promise<Response | undefined> = () => Promise.resolve(undefined);

  makeSlot(number: number): { slotId: string; slotToken: string } {
    const slotId = number.toString(16).padStart(32, "0");
    const slotToken = number.toString(16).padStart(64, "a");
    this.slots.set(slotId, { token: slotToken, events: [], streams: new Set() });
    return { slotId, slotToken };
  }

  texts(slotId: string): readonly string[] {
    return this.slots.get(slotId)?.events.map((event) => event.text) ?? [];
  }

  /** What a stranger or a 0.5.19 peer may have put there. */
  plant(slotId: string, text: string): void {
    const id = text.match(/"event_id":"([^"]*)"/)?.[1];
    this.slots.get(slotId)?.events.push({ id, text });
  }

  handle = async (request: Request): Promise<Response> => {
    const intercepted = await this.intercept(request);
    if (intercepted !== undefined) return intercepted;
    const url = new URL(request.url);
    const [, slotId = "", isStream] =
      url.pathname.match(/^\/v1\/events\/([0-9a-f]{32})(\/stream)?$/) ??
        [];
    const slot = this.slots.get(slotId);
    if (slot === undefined) return json(404, '{"error":"unknown slot"}');
    if (request.headers.get("authorization") !== `Bearer ${slot.token}`) {
      return json(403, '{"error":"bad token"}');
    }
    if (isStream !== undefined) return this.#stream(slot);
    if (request.method === "POST") return this.#post(slot, slotId, await request.text());
    return this.#list(slot, slotId, url.searchParams);
  };

  closeStreams(): void {
    for (const slot of this.slots.values()) {
      for (const stream of slot.streams) stream.close();
      slot.streams.clear();
    }
  }

  #post(slot: Slot, slotId: string, body: string): Response {
    const envelope = parseEnvelope(body);
    if (!envelope.ok) return json(422, '{"error":"bad"}');
    const { id, text } = envelope.event;
    this.log.push(`POST ${slotId.slice(-2)}`);
    const stored = slot.events.find((event) => id !== undefined && event.id === id);
    const eventId = JSON.stringify(id ?? null);
    if (stored !== undefined) {
      return json(
        200,
        `{"event_id":${eventId},"status":"duplicate","digest":"${digestOf(stored.text)}"}`,
      );
    }
    slot.events.push({ id, text });
    for (const stream of slot.streams) {
      stream.enqueue(new TextEncoder().encode(`data: ${text}\n\n`));
    }
    return json(201, `{"event_id":${eventId},"status":"stored"}`);
  }

  #list(slot: Slot, slotId: string, query: URLSearchParams): Response {
    const since = query.get("since");
    this.log.push(`GET ${slotId.slice(-2)} ${since?.slice(0, 8) ?? "-"}`);
    const found = slot.events.findIndex((event) => since !== null && event.id === since);
    const page = slot.events.slice(found + 1).slice(0, Number(query.get("limit") ?? 100));
    return json(200, `[${page.map((event) => event.text).join(",")}]`);
  }

  #stream(slot: Slot): Response {
    let own: ReadableStreamDefaultController<Uint8Array> | undefined;
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        own = controller;
        slot.streams.add(controller);
      },
      cancel() {
        if (own !== undefined) slot.streams.delete(own);
      },
    });
    return new Response(body, { headers: { "content-type": "text/event-stream" } });
  }
}
