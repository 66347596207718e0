/** Bounds of a local socket. See docs/protocol/guard.md §24. */

export interface IpcLimits {
  readonly requestBytes: number;
  readonly replyBytes: number;
  /** From the connection to the whole request. */
  readonly requestMs: number;
  /** For whoever answers. */
  readonly answerMs: number;
  /** For the other side to take an answer. */
  readonly replyMs: number;
  /** For the other side of a stream to take anything at all. */
  readonly stuckMs: number;
  readonly connections: number;
  readonly streams: number;
  /** Of all requests together that are not complete yet. */
  readonly unfinishedBytes: number;
}

export const IPC_LIMITS: IpcLimits = {
  requestBytes: 1024 * 1024,
  replyBytes: 16 * 1024 * 1024,
  requestMs: 5_000,
  answerMs: 10_000,
  replyMs: 5_000,
  stuckMs: 30_000,
  connections: 64,
  streams: 8,
  unfinishedBytes: 8 * 1024 * 1024,
};
