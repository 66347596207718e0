/** HTTP out of this process. */

export type TransportFailure = "tls" | "dns" | "timeout" | "connect" | "other";

export interface Net {
  /**
   * As the web's fetch, over TLS that trusts the system's and the bundled roots together, or over
   * TLS without verification where the environment asks for that. No time-out of its own: pass a
   * signal. Redirects are never followed: the answer is the redirection.
   * @throws {TransportError} when no response came
   */
  fetch(request: Request): Promise<Response>;
}
