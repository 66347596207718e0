/** Answers that no relay of this protocol gives, and events that no client of it makes. */
import { buildEvent, type EventInput, signEvent } from "../../protocol/event/event.ts";
import { HOSTILE_BYTES, WILD_TEXT } from "./hostile_json.ts";
import { NoAnswer, type Spoil } from "./hostile_relay.ts";
import { eventFrom, type Party } from "./mail_world.ts";

/** Where a bad relay would like to see our tokens. */
export const ELSEWHERE = "http://elsewhere.test";

const REFUSALS = [301, 302, 307, 308, 400, 401, 402, 403, 404, 409, 410, 413, 422, 429, 500, 502];

/** Header values that some relays, proxies and attackers send. */
const WILD_HEADERS: Readonly<Record<string, string>> = {
  "content-type": "text/html; charset=utf-7",
  "location": `${ELSEWHERE}/take`,
  "retry-after": "99999999999999999999",
  "wire-relay": 'features="' + "x ".repeat(5_000) + '"',
  "set-cookie": "session=forged; domain=test",
  "content-length": "3",
  "refresh": `0;url=${ELSEWHERE}`,
};

const isEmptyStatus = (status: number): boolean => [101, 204, 205, 304].includes(status);

export const answer = (bytes: Uint8Array | string, status = 200): Response => {
  const body = typeof bytes === "string" ? bytes : bytes.slice();
  return new Response(isEmptyStatus(status) ? null : body, { status, headers: WILD_HEADERS });
};

/** A body that never ends, given in chunks for as long as somebody reads. */
export function endlessBody(chunk: string): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(chunk);
  return new ReadableStream({ pull: (controller) => controller.enqueue(bytes) });
}

/** Breaks off after half of it. */
async function brokenOff(good: Response): Promise<Response> {
  const bytes = await good.bytes();
  let isFirst = true;
  const body = new ReadableStream<Uint8Array>({
    pull(controller) {
      if (isFirst) controller.enqueue(bytes.subarray(0, (bytes.length >> 1) + 1));
      else controller.error(new TypeError("connection reset by peer"));
      isFirst = false;
    },
  });
  return new Response(body, { status: good.status === 204 ? 200 : good.status });
}

async function changed(good: Response, change: (text: string) => string): Promise<Response> {
  const status = good.status === 204 ? 200 : good.status;
  return new Response(change(await good.text()), { status });
}

/** Ways to answer badly, by name. */
export const SPOILS: Readonly<Record<string, Spoil>> = {
  ...Object.fromEntries(
    Object.entries(HOSTILE_BYTES).map(([name, bytes]) => [name, () => answer(bytes)]),
  ),
  ...Object.fromEntries(REFUSALS.map((status) => [
    `status ${status}`,
    () => answer(JSON.stringify({ error: WILD_TEXT }) + "z".repeat(100_000), status),
  ])),
  "status 204": () => answer("", 204),
  "an endless page": () => new Response(endlessBody("[".repeat(100_000))),
  "an endless error": () => new Response(endlessBody("no ".repeat(10_000)), { status: 503 }),
  "a body that breaks off": (_, good) => brokenOff(good),
  "a broken connection": () => Promise.reject(new NoAnswer("connection reset by peer")),
  "the answer cut short": (_, good) => changed(good, (text) => text.slice(0, text.length - 1)),
  "the answer in a list": (_, good) => changed(good, (text) => `[${text}]`),
  "the answer twice": (_, good) => changed(good, (text) => text + text),
  "our own request": async (request) =>
    answer(request.method === "POST" ? await request.text() : "", 400),
  "our own token": (request) => answer(request.headers.get("authorization") ?? "", 500),
};

/** Values in the place of an event, none of which may reach an inbox. */
export function badEvents(from: Party, to: Party, stranger: Party): readonly string[] {
  const good = (input: Partial<EventInput> = {}): Record<string, unknown> =>
    JSON.parse(eventFrom(from, to, { body: "bad", ...input }).text);
  const without = (member: string): string => {
    const { [member]: _, ...rest } = good();
    return JSON.stringify(rest);
  };
  const withMember = (member: string, value: unknown): string =>
    JSON.stringify({ ...good(), [member]: value });
  const unsigned = (input: Partial<EventInput>) =>
    buildEvent({
      from: from.identity.did,
      to: to.identity.did,
      type: "claim",
      kind: 1001,
      body: "bad",
      timestamp: from.clock.timestamp(),
      ...input,
    });
  return [
    "null",
    "true",
    "7",
    "1e308",
    '"an event"',
    JSON.stringify(WILD_TEXT),
    "[]",
    "[[[]]]",
    "{}",
    '{"__proto__":{"event_id":"x"}}',
    JSON.stringify({ event_id: WILD_TEXT, from: WILD_TEXT, kind: WILD_TEXT }),
    JSON.stringify({ body: "y".repeat(300_000), event_id: "f".repeat(64) }),
    "[".repeat(100) + "]".repeat(100),
    `{"body":${"[".repeat(120)}${"]".repeat(120)},"kind":1001}`,
    ...Object.keys(good()).map(without),
    ...Object.keys(good()).flatMap((member) =>
      [null, 7, "", [], {}, WILD_TEXT, "../../x", "f".repeat(64)].map((value) =>
        withMember(member, value)
      )
    ),
    ...[1e300, -1, 0.5, 2 ** 53, "1001", 9999, [1001]].map((kind) => withMember("kind", kind)),
    withMember("schema_version", "v9.0"),
    withMember("body", "changed after signing"),
    withMember("extra", "not signed"),
    eventFrom(stranger, to, { body: "bad" }).text,
    eventFrom(from, stranger, { body: "bad" }).text,
    eventFrom(stranger, to, { body: "bad", from: from.identity.did }).text,
    eventFrom(from, to, { body: "bad", kind: 9999 }).text,
    eventFrom(from, to, { body: "bad", from: "did:wire:../../../etc/passwd" }).text,
    signEvent(unsigned({ to: "did:wire:nobody" }), from.identity).text,
    signEvent(unsigned({ from: stranger.identity.did }), from.identity).text,
  ];
}
