/** Two people at their terminals, and what each of them sees. */
import assert from "node:assert/strict";
import type { WireProcess } from "../../scripts/wire_process.ts";
import { startOnTerminal, uncoloured } from "../e2e/terminal.ts";
import type { World } from "../e2e/world.ts";
import { StandIns } from "./stand_ins.ts";

export const PEOPLE = ["alice", "bob"] as const;
export type Person = typeof PEOPLE[number];

const COLUMNS = 120;
/** In the page; as long as the address of a relay on a free port, so that tables stay tables. */
export const RELAY = "https://relay1.example";
/** Whether it is said depends on who of the two is faster. */
const MAYBE = /^waiting for the other side to finish\n/gm;
/** What the rest of its line was written over. */
const OVERWRITTEN = /^.*\r(?=.)/gm;
const QR = /(?:^[ \u2580\u2584\u2588]{20,}\n)+/gm;

/** One person's terminal while a command runs on it. */
export interface Running {
  /** Waits until it shows that, and goes on reading after it. @returns what was found */
  sees(pattern: RegExp): Promise<string>;
  /** Types a line. @param options.echo who shows it: the terminal, unless the program reads keys */
  types(line: string, options?: { readonly echo: "terminal" | "program" }): Promise<void>;
  /** Its end, which must be a good one. @returns everything it showed */
  ends(): Promise<string>;
}

export class Stage implements AsyncDisposable {
  readonly #world: World;
  readonly #standIns: StandIns;
  readonly #blocks: string[] = [];
  readonly #processes = new AsyncDisposableStack();
  readonly #scene: string;

  constructor(world: World, scene: string, relayUrl: string) {
    this.#world = world;
    this.#scene = scene;
    this.relayUrl = relayUrl;
    this.#standIns = new StandIns([
      ...PEOPLE.map((person) => [this.#home(person), `~/wire-${person}`] as const),
      [relayUrl, RELAY],
      [new URL(relayUrl).host, new URL(RELAY).host],
      [new URL(relayUrl).hostname, new URL(RELAY).host],
    ]);
  }

  readonly relayUrl: string;

  /** What was seen, as the page shows it. */
  get blocks(): readonly string[] {
    return this.#blocks;
  }

  /** Runs commands of one person to their end, into one block. */
  async runs(person: Person, ...commands: readonly (readonly string[])[]): Promise<string> {
    const shown: string[] = [];
    let last = "";
    for (const args of commands) {
      last = await (await this.starts(person, args)).ends();
      shown.push(lineOf(person, args) + last);
    }
    this.tell(shown.join(""));
    return last;
  }

  starts(person: Person, args: readonly string[]): Promise<Running> {
    const options = { home: this.#home(person), columns: COLUMNS };
    const process = this.#processes.use(startOnTerminal(args, options));
    return Promise.resolve(new OnTerminal(process, `${person}: wire ${args.join(" ")}`));
  }

  /** Adds a block to the page. */
  tell(text: string): void {
    this.#blocks.push(
      `\`\`\`text\n${this.#standIns.in(text).replace(/[ \t]+$/gm, "").trimEnd()}\n\`\`\``,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#processes.disposeAsync();
  }

  #home(person: Person): string {
    return `${this.#world.directory}/${this.#scene}-${person}`;
  }
}

/** How a command line is shown. */
export const lineOf = (person: Person, args: readonly string[]): string =>
  `${person}$ wire ${
    args.map((word) => /[^\w@%+=:,./-]/.test(word) ? `'${word}'` : word).join(" ")
  }\n`;

class OnTerminal implements Running {
  readonly #process: WireProcess;
  readonly #name: string;
  #typed: { readonly at: number; readonly line: string }[] = [];

  constructor(process: WireProcess, name: string) {
    this.#process = process;
    this.#name = name;
  }

  async sees(pattern: RegExp): Promise<string> {
    const found = await this.#process.prompt("stdout", pattern);
    return found[1] ?? found[0];
  }

  async types(
    line: string,
    { echo }: { readonly echo: "terminal" | "program" } = { echo: "terminal" },
  ): Promise<void> {
    if (echo === "terminal") this.#typed.push({ at: this.#process.text("stdout").length, line });
    await this.#process.write(`${line}\r`);
  }

  async ends(): Promise<string> {
    const { code, stdout } = await this.#process.finished();
    assert.equal(code, 0, `${this.#name}\n${stdout}`);
    const text = uncoloured(this.#withTyped(stdout)).replace(/\r+\n/g, "\n").replace(
      OVERWRITTEN,
      "",
    );
    return text.replace(MAYBE, "").replace(QR, "  [the same as a QR code]\n");
  }

  /** The terminal of a test does not echo: a person sees what they type. */
  #withTyped(stdout: string): string {
    let text = "";
    let done = 0;
    for (const { at, line } of this.#typed) {
      text += `${stdout.slice(done, at)}${line}\r\n`;
      done = at;
    }
    return text + stdout.slice(done);
  }
}
