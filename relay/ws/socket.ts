/** The part of a WebSocket that a connection needs; tests have one without a network. */
export interface FrameSocket {
  /** Bytes given to `send` that have not left yet. */
  readonly bufferedBytes: number;
  /** One text frame. @param frame UTF-8 or text */
  send(frame: Uint8Array | string): void;
  /** Calls back once, when something has left. */
  onDrained(callback: () => void): void;
  /** Takes no more frames from the other side, until `resume`. */
  pause(): void;
  resume(): void;
  ping(): void;
  /** After what was sent. */
  close(code: number, reason: string): void;
  /** At once. */
  destroy(): void;
}

/** What happens to a WebSocket, as a connection is told. */
export interface SocketEvents {
  text(text: string): void;
  /** A message that is no text. */
  binary(): void;
  /** Ping, pong: somebody is there. */
  heard(): void;
  /** Bytes of a message that is not complete; 0 once it is, or another is not begun. */
  partial(bytes: number): void;
  /** Once, whoever closed it. */
  closed(code: number): void;
}
