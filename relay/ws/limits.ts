/** Bounds of the WebSocket: docs/protocol/extensions.md §3. Tests and operators may change them. */

export interface WsLimits {
  readonly maxFrameBytes: number;
  /** Until the first operation with a good token. */
  readonly wsAuthMs: number;
  /** Connections of one source that have shown no good token yet. */
  readonly maxUnauthenticated: number;
  /** Acks of open slots and publishes with a good token are not counted. */
  readonly framesPerSecond: number;
  readonly errorsPerMinute: number;
  /** Of one slot on one connection. */
  readonly opensPerMinute: number;
  readonly maxOpenSlots: number;
  readonly maxPairWatches: number;
  /** Of all slots together, server-sent events too. */
  readonly maxSubscriptions: number;
  /** Frames, and their bytes, that wait for their answers before the socket is read no more. */
  readonly maxUnansweredFrames: number;
  readonly maxUnansweredBytes: number;
  /** Sent and not acknowledged: of one slot on one connection, of a connection, of the relay. */
  readonly windowEvents: number;
  readonly windowBytes: number;
  readonly windowConnectionBytes: number;
  readonly windowRelayBytes: number;
  /** Waiting in a socket, beyond which nothing more is read for it. */
  readonly maxBufferedBytes: number;
  readonly pingMs: number;
  /** Nothing heard for so long: the connection is dead. */
  readonly wsIdleMs: number;
  /** For the other side's half of a close. */
  readonly wsCloseMs: number;
  /** From the first byte of a frame to its last. */
  readonly frameMs: number;
  /** Of frames that are not complete, on all connections together. */
  readonly maxPartialBytes: number;
}

const MIB = 1024 * 1024;

export const WS_LIMITS: WsLimits = {
  maxFrameBytes: MIB,
  wsAuthMs: 10_000,
  maxUnauthenticated: 64,
  framesPerSecond: 200,
  errorsPerMinute: 20,
  opensPerMinute: 10,
  maxOpenSlots: 256,
  maxPairWatches: 8,
  maxSubscriptions: 200_000,
  maxUnansweredFrames: 32,
  maxUnansweredBytes: 8 * MIB,
  windowEvents: 1_024,
  windowBytes: 4 * MIB,
  windowConnectionBytes: 16 * MIB,
  windowRelayBytes: 256 * MIB,
  maxBufferedBytes: MIB,
  pingMs: 30_000,
  wsIdleMs: 120_000,
  wsCloseMs: 2_000,
  frameMs: 30_000,
  maxPartialBytes: 256 * MIB,
};
