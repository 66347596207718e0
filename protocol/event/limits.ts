/** Sizes of events. See docs/protocol/relay.md §6 and docs/protocol/identity-and-events.md §5. */

/** UTF-8 bytes of an event's stored form; exactly this many pass. */
export const MAX_EVENT_BYTES = 262_144;

/** UTF-8 bytes of a request body; exactly this many pass. */
export const MAX_BODY_BYTES = 2_097_152;

/** Containers inside each other in a body: an event and the relay's envelope add one each. */
export const MAX_BODY_DEPTH = 125;
