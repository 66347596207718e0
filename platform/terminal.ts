/** The three standard streams. */

export interface OutputStream {
  readonly isTerminal: boolean;
  /** Columns, or undefined when it is not a terminal. */
  readonly columns: number | undefined;
  /** Writes all of the text; a closed pipe is a WireError `interrupted`. */
  write(text: string): Promise<void>;
}

export interface InputStream {
  readonly isTerminal: boolean;
  /** One line without its end, or undefined at the end of input. */
  readLine(signal?: AbortSignal): Promise<string | undefined>;
  /** Everything, up to `maxBytes`. @throws {WireError} bad_input beyond it, or if not UTF-8 */
  readAll(maxBytes: number): Promise<string>;
  /** Messages, one a line, until the end of input. Not together with the other ways of reading. */
  messages(maxBytes: number): AsyncIterable<InputMessage>;
  /** Keys one by one as they are pressed, not shown by the terminal, until disposed. Terminals only. */
  keys(): Keys;
}

/** A line without its line feed, or why it is none. */
export type InputMessage = { readonly text: string } | { readonly problem: string };

export interface Keys extends Disposable {
  /** What was pressed since, at least one character; undefined at the end of input. */
  next(): Promise<string | undefined>;
}

export interface Terminal {
  readonly stdin: InputStream;
  readonly stdout: OutputStream;
  readonly stderr: OutputStream;
  /** Whether colour may be used on that stream: a terminal, no NO_COLOR, TERM not dumb. */
  colour(stream: "stdout" | "stderr"): boolean;
}
