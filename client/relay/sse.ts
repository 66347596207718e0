/**
 * Server-sent events, as far as a client of a mailbox needs them: which lines begin with `data:`
 * and which are comments. What they say is not looked at, so a line may be of any length and cut
 * anywhere. See docs/protocol/relay.md §5.7.
 */

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;
const COLON = 0x3a;
const DATA = new TextEncoder().encode("data:");

export interface Heard {
  /** At least one line of data ended in this chunk. */
  readonly data: boolean;
  /** At least one comment ended in this chunk. */
  readonly comment: boolean;
}

export class SseLines {
  /** The beginning of the line that is going on: no more of it is kept. */
  readonly #head: number[] = [];

  /** @param chunk the next bytes, cut wherever the network cut them */
  feed(chunk: Uint8Array): Heard {
    let data = false;
    let comment = false;
    for (const byte of chunk) {
      if (byte !== LINE_FEED && byte !== CARRIAGE_RETURN) {
        if (this.#head.length < DATA.length) this.#head.push(byte);
        continue;
      }
      data ||= DATA.every((wanted, at) => this.#head[at] === wanted);
      comment ||= this.#head[0] === COLON;
      this.#head.length = 0;
    }
    return { data, comment };
  }
}
