/** Bounds of JSON texts. See docs/protocol/identity-and-events.md §5 and relay.md §6. */

/** Containers inside each other; the reference refuses the 128th. */
export const MAX_JSON_DEPTH = 127;

/** UTF-8 bytes of one text, unless the caller sets less: a whole mailbox is 64 MiB. */
export const MAX_JSON_BYTES = 128 * 1024 * 1024;
