/** WebSockets out of this process. */

export interface SocketTarget {
  /** `http://…` or `https://…`. */
  readonly url: string;
  /** The one subprotocol; a server that does not take it has not answered. */
  readonly protocol: string;
  /** A longer message ends the connection with 1009. */
  readonly maxMessageBytes: number;
  /** Ends the opening; what is open lives on. */
  readonly signal: AbortSignal;
}

export interface SocketEnd {
  /** As the WebSocket protocol has them; 1006: cut off without a word. */
  readonly code: number;
  readonly reason: string;
}

export interface Socket {
  /**
   * Texts in the order in which they came, to one reader; ends with the connection. What is not
   * taken is not read off the network, apart from what is in memory already. A binary message ends
   * the connection with 1003.
   */
  readonly messages: AsyncIterable<string>;
  readonly ended: Promise<SocketEnd>;
  /** Resolves when the system has taken it, so that a slow server slows its sender; or at the end. */
  send(text: string): Promise<void>;
  /** Says good-bye; `ended` resolves when the other side has answered, or soon without. */
  close(code: number): void;
  /** Ends it without a word. */
  cut(): void;
}

export interface Sockets {
  /**
   * Over TLS as the web's fetch of {@linkcode Net}, and by CONNECT through the proxy that the
   * environment names. No time-out of its own: pass a signal. Redirects are never followed.
   * @throws {TransportError} when it did not come to a WebSocket
   */
  connect(target: SocketTarget): Promise<Socket>;
}
