/**
 * The state directory of the reference relay 0.5.19, read as it is: nothing in it is changed, what
 * cannot be read is reported. See docs/protocol/relay.md §7.
 */
import path from "node:path";
import { z } from "zod";
import type { Files } from "../../../platform/files.ts";
import { WireError } from "../../../protocol/errors.ts";
import { isSlotId, type SlotId } from "../../../protocol/ids.ts";
import { decodeUtf8, parseJson } from "../../../protocol/json/parse.ts";
import { type Json, plain } from "../../../protocol/json/value.ts";
import { told } from "../problem.ts";

/** What was left out, and why. Never a token. */
export interface Skipped {
  readonly file: string;
  readonly reason: string;
}

export interface OldSlot {
  readonly id: SlotId;
  readonly token: string;
}

export interface Line {
  readonly value: Json;
  readonly text: string;
}

const Tokens = z.record(z.string(), z.string());
/** Longer ones are not looked at by any relay. */
const MAX_TOKEN = 1_024;

export class OldState {
  readonly skipped: Skipped[] = [];

  constructor(readonly files: Files, readonly directory: string) {}

  skip(file: string, reason: string): void {
    this.skipped.push({ file, reason });
  }

  /** @throws {WireError} not_found, unreadable: without tokens every mailbox would be lost */
  async slots(): Promise<readonly OldSlot[]> {
    const tokens = await this.#tokens();
    const slots: OldSlot[] = [];
    for (const [id, token] of Object.entries(tokens)) {
      if (!isSlotId(id)) this.skip("tokens.json", `${JSON.stringify(id)} is no slot id`);
      else if (token.length > MAX_TOKEN) this.skip("tokens.json", `the token of ${id} is too long`);
      else slots.push({ id, token });
    }
    const known = new Set(slots.map(({ id }) => `${id}.jsonl`));
    for (const name of await this.#list("slots")) {
      if (!known.has(name)) this.skip(`slots/${name}`, "no token leads to it");
    }
    return slots.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The values of the JSON files of a folder, by file name. */
  async documents(folder: string): Promise<readonly (readonly [name: string, value: Json])[]> {
    const documents: (readonly [string, Json])[] = [];
    for (const name of await this.#list(folder)) {
      const value = await this.document(`${folder}/${name}`);
      if (value !== undefined) documents.push([name, value]);
    }
    return documents;
  }

  /** @returns undefined if it is not there, or cannot be read */
  async document(file: string): Promise<Json | undefined> {
    try {
      const bytes = await this.files.readBytes(this.#path(file));
      return bytes === undefined ? undefined : parseJson(decodeUtf8(bytes));
    } catch (error) {
      this.skip(file, told(error));
      return undefined;
    }
  }

  /**
   * Lines of JSON. One that is none is left out, and so is a last one that a crash cut off; one that
   * is whole but for its line feed is not.
   */
  async lines(file: string): Promise<readonly Line[]> {
    const bytes = await this.files.readBytes(this.#path(file));
    if (bytes === undefined) return [];
    const lines: Line[] = [];
    let start = 0;
    for (let number = 1; start < bytes.length; number++) {
      const feed = bytes.indexOf(LINE_FEED, start);
      const end = feed === -1 ? bytes.length : feed;
      const line = bytes.subarray(start, end);
      start = end + 1;
      if (line.length === 0) continue;
      try {
        const text = decodeUtf8(line);
        lines.push({ value: parseJson(text), text });
      } catch (error) {
        const reason = feed === -1
          ? `its last line was cut off after ${line.length} bytes`
          : `line ${number} (${line.length} bytes) is no JSON: ${told(error)}`;
        this.skip(file, reason);
      }
    }
    return lines;
  }

  async #tokens(): Promise<Readonly<Record<string, string>>> {
    const file = this.#path("tokens.json");
    const bytes = await this.files.readBytes(file);
    if (bytes === undefined) {
      throw new WireError(
        "not_found",
        `Cannot import ${this.directory}: no tokens.json there, so it is no relay's state directory`,
      );
    }
    let value: unknown;
    try {
      value = plain(parseJson(decodeUtf8(bytes), { maxBytes: bytes.length }));
    } catch (cause) {
      // What the parser names may be a token.
      throw unreadable(file, "it is no JSON", cause);
    }
    const tokens = Tokens.safeParse(value);
    if (tokens.success) return tokens.data;
    throw unreadable(file, "expected an object of slot ids and tokens");
  }

  async #list(folder: string): Promise<readonly string[]> {
    const names = await this.files.list(this.#path(folder));
    return names.filter((name) => /\.jsonl?$/.test(name));
  }

  #path(file: string): string {
    return path.join(this.directory, ...file.split("/"));
  }
}

const LINE_FEED = 0x0a;

const unreadable = (file: string, reason: string, cause?: unknown): WireError =>
  new WireError("unreadable", `Cannot import ${file}: ${reason}`, {
    hint: "every mailbox is lost without its token: restore that file from a backup",
    cause,
  });
