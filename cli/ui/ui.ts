/**
 * Where commands write: what was asked for to stdout, everything else to stderr, in the order in
 * which it was said.
 */
import { styleText } from "node:util";
import { WireError } from "../../protocol/errors.ts";
import type { Json } from "../../protocol/json/value.ts";
import type { OutputStream, Terminal } from "../../platform/terminal.ts";
import { jsonLine, type JsonLineOptions } from "../json.ts";
import type { Canvas } from "./qr.ts";

export type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan";
type Target = "stdout" | "stderr";

/** The reader of stdout or stderr has gone: the program ends, quietly. */
export class BrokenPipe extends Error {}

/** Made when it is written: measuring text costs 20 ms to load, and most lines need none of it. */
type Text = string | (() => Promise<string>);

/** Characters that may wait to be written. */
const MAX_WAITING = 65_536;
const LABEL_WIDTH = 16;
const NARROWEST = 40;
const CLEAR_LINE = "\r\u001b[2K";

export class Ui {
  readonly #terminal: Terminal;
  #queue: { target: Target; text: Text }[] = [];
  #writing: Promise<void> | undefined;
  readonly #closed = new Set<Target>();
  #failure: Error | undefined;
  #transient = false;
  #asking = false;
  #waiting = 0;
  #isGivenUp = false;

  constructor(terminal: Terminal) {
    this.#terminal = terminal;
  }

  /** Columns of stdout, or undefined when it is no terminal: then nothing is cut or wrapped. */
  get width(): number | undefined {
    return widthOf(this.#terminal.stdout);
  }

  /** One line of the result. */
  line(text = ""): void {
    this.#write("stdout", text + "\n");
  }

  /** One line beside the result, wrapped to the terminal. */
  note(text = ""): void {
    const width = widthOf(this.#terminal.stderr);
    if (width === undefined || text.length * 2 <= width) this.#write("stderr", text + "\n");
    else {
      this.#write("stderr", async () => {
        const { wrap } = await import("./width.ts");
        return wrap(text, width).join("\n") + "\n";
      });
    }
  }

  /** Lines on stderr that are made when they are written, for the place where they will stand. */
  drawing(make: (canvas: Canvas) => Promise<string>): void {
    const { isTerminal } = this.#terminal.stderr;
    const width = widthOf(this.#terminal.stderr);
    this.#write(
      "stderr",
      () => make({ isTerminal, width, coloured: this.#terminal.colour("stderr") }),
    );
  }

  /** A question on stderr: what is typed follows on its line. */
  prompt(text: string): void {
    this.#write("stderr", text);
    this.#asking = true;
  }

  /** Ends the line of a question that nobody may have answered. */
  endPrompt(): void {
    if (this.#asking) this.#write("stderr", "\n");
  }

  /** Lines of a failure on stderr, as they are: what people search for must stay in one piece. */
  error(text: string): void {
    this.#write("stderr", text + "\n");
  }

  /**
   * A line on stderr that the next thing said replaces, or that `undefined` takes away. Terminals
   * only: elsewhere it would stay.
   */
  transient(text: string | undefined): void {
    if (!this.#terminal.stderr.isTerminal) return;
    this.#clearTransient();
    if (text === undefined) return;
    this.#enqueue("stderr", text);
    this.#transient = true;
  }

  json(value: Json, options: JsonLineOptions): void {
    this.line(jsonLine(value, options));
  }

  table(header: readonly string[], rows: readonly (readonly string[])[]): void {
    const { width } = this;
    this.#write("stdout", async () => {
      const { table } = await import("./table.ts");
      const [title = "", ...lines] = table(header, rows, width);
      return [this.style("bold", title), ...lines, ""].join("\n");
    });
  }

  /** `label:` and its value, the values below one another. */
  field(label: string, value: string): void {
    this.line(`${label}:`.padEnd(LABEL_WIDTH) + value);
  }

  /** Coloured if that stream is a terminal that wants it. */
  style(style: Style, text: string, target: Target = "stdout"): string {
    if (!this.#terminal.colour(target)) return text;
    return styleText(style, text, { validateStream: false });
  }

  /** As `flush`, but only once much is waiting: a slow reader slows the writer down. */
  async relieve(): Promise<void> {
    if (this.#waiting > MAX_WAITING || this.#failure !== undefined) await this.flush();
  }

  /**
   * Waits until everything is written. A stream that failed stays closed and the other one works.
   * @throws once, what a stream failed with: {BrokenPipe} if its reader has gone
   */
  async flush(): Promise<void> {
    while (this.#writing !== undefined && !this.#isGivenUp) await this.#writing;
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
  }

  /** For a program that was told to end: what its reader has not taken until then is given up. */
  async flushUntil(late: Promise<unknown>): Promise<void> {
    const flushed = this.flush().then(() => "flushed" as const);
    if (await Promise.race([flushed, late]) !== "flushed") this.#isGivenUp = true;
  }

  #write(target: Target, text: Text): void {
    this.#clearTransient();
    this.#asking = false;
    this.#enqueue(target, text);
  }

  #clearTransient(): void {
    if (this.#transient) this.#enqueue("stderr", CLEAR_LINE);
    this.#transient = false;
  }

  #enqueue(target: Target, text: Text): void {
    if (this.#closed.has(target)) return;
    if (typeof text === "string") this.#waiting += text.length;
    const last = this.#queue.at(-1);
    if (last?.target === target && typeof last.text === "string" && typeof text === "string") {
      last.text += text;
    } else this.#queue.push({ target, text });
    this.#writing ??= this.#drain();
  }

  async #drain(): Promise<void> {
    // Lets what is said in one go be written in one go.
    await Promise.resolve();
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { target, text } = next;
      if (typeof text === "string") this.#waiting -= text.length;
      if (this.#closed.has(target)) continue;
      try {
        await this.#terminal[target].write(typeof text === "string" ? text : await text());
      } catch (error) {
        this.#closed.add(target);
        this.#failure ??= failureOf(error);
      }
    }
    this.#writing = undefined;
  }
}

function failureOf(error: unknown): Error {
  if (error instanceof WireError && error.code === "interrupted") {
    return new BrokenPipe("output closed", { cause: error });
  }
  return error instanceof Error ? error : new Error(String(error));
}

function widthOf(stream: OutputStream): number | undefined {
  if (!stream.isTerminal) return undefined;
  return stream.columns === undefined ? undefined : Math.max(NARROWEST, stream.columns);
}
