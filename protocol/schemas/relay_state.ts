/**
 * relay.json: our mailboxes and our peers'. Loose everywhere, because programs of other versions
 * keep members of their own there. See docs/protocol/identity-and-events.md §10 and §31.4.
 */
import { z } from "zod";

/**
 * One way to a mailbox. `scope` is `federation` or `local` here; later releases also write `lan` and
 * `uds`, which are kept and not used.
 */
export const Endpoint = z.looseObject({
  relay_url: z.string(),
  slot_id: z.string(),
  slot_token: z.string(),
  scope: z.string(),
});
export type Endpoint = z.infer<typeof Endpoint>;

/** Elements that are no {@linkcode Endpoint} stay in the file and are passed over by readers. */
const EndpointList = z.array(z.unknown());

const Mailbox = z.looseObject({
  relay_url: z.string().optional(),
  slot_id: z.string().optional(),
  slot_token: z.string().optional(),
  endpoints: EndpointList.optional(),
});

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** §10.2: `endpoints` that are no list, and members that are null, say no more than absent ones. */
function withoutEmpty(entry: unknown): unknown {
  if (entry === null) return {};
  if (!isRecord(entry)) return entry;
  const isSaid = (name: string, value: unknown): boolean =>
    name === "endpoints"
      ? Array.isArray(value)
      : value !== null || !Object.hasOwn(Mailbox.shape, name);
  return Object.fromEntries(Object.entries(entry).filter(([name, value]) => isSaid(name, value)));
}

/** Our own mailboxes and how far we have read them. */
export const SelfMailbox = z.preprocess(
  withoutEmpty,
  Mailbox.extend({
    last_pulled_event_id: z.string().nullish(),
    last_pulled_event_id_local: z.string().nullish(),
  }),
);
export type SelfMailbox = z.infer<typeof SelfMailbox>;

/** A peer's mailboxes; an empty `slot_token` means that the peer has not answered yet. */
export const PeerMailbox = z.preprocess(withoutEmpty, Mailbox);
export type PeerMailbox = z.infer<typeof PeerMailbox>;

/** What z.record would be if it did not drop `__proto__`, which is a name that a peer may have. */
const Peers = z.custom<Readonly<Record<string, unknown>>>(isRecord, "expected an object")
  .transform((peers, context) => {
    const entries: [string, PeerMailbox][] = [];
    for (const [name, entry] of Object.entries(peers)) {
      const { success, data, error } = PeerMailbox.safeParse(entry);
      if (success) entries.push([name, data]);
      else {
        for (const { path, message } of error.issues) {
          context.addIssue({ code: "custom", path: [name, ...path], message });
        }
      }
    }
    return Object.fromEntries(entries);
  });

export const RelayState = z.looseObject({
  self: SelfMailbox.nullable().default(null),
  peers: z.preprocess((peers) => peers ?? {}, Peers).default({}),
});
export type RelayState = z.infer<typeof RelayState>;

/** What a missing relay.json means. */
export const emptyRelayState = (): RelayState => ({ self: null, peers: {} });

/** The elements that are endpoints, in their order, unknown scopes included. */
export function endpointsIn(list: unknown): Endpoint[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((element) => {
    const parsed = Endpoint.safeParse(element);
    return parsed.success ? [parsed.data] : [];
  });
}
