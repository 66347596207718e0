/**
 * `registry.json` in the sessions' root: which directory has which session, in the format of 0.5.19,
 * `{"by_cwd": {"<absolute directory>": "<name>"}}`. What this version does not know is written back as it
 * was. Pure. See docs/protocol/identity-and-events.md §25.
 */
import { unreadable } from "../../platform/file_errors.ts";
import { prettyJson } from "../../protocol/json/print.ts";
import { isJsonObject, type JsonObject, member, withMembers } from "../../protocol/json/value.ts";
import { objectIn } from "../home/json_file.ts";
import { WireError } from "../../protocol/errors.ts";
import { isSessionName, type SessionName } from "./session_name.ts";

/** Which home a directory has is never guessed. */
const HINT =
  "mend the file, or name the home with WIRE_HOME; it says which directory has which session";

export class Registry {
  readonly #whole: JsonObject;
  readonly #byCwd: JsonObject;

  private constructor(whole: JsonObject, byCwd: JsonObject) {
    this.#whole = whole;
    this.#byCwd = byCwd;
  }

  /**
   * @param text of the file, or undefined if there is none, which means no session
   * @throws {WireError} unreadable, naming the file: a broken one is never taken for an empty one
   */
  static parse(text: string | undefined, path: string): Registry {
    if (text === undefined) return new Registry({}, {});
    try {
      const whole = objectIn(text, path);
      const byCwd = member(whole, "by_cwd") ?? {};
      if (!isJsonObject(byCwd)) throw unreadable(path, 'at "by_cwd": expected an object');
      return new Registry(whole, byCwd);
    } catch (cause) {
      if (!(cause instanceof WireError)) throw cause;
      throw new WireError(cause.code, cause.message, { hint: HINT, cause });
    }
  }

  print(): string {
    return prettyJson(withMembers(this.#whole, { by_cwd: this.#byCwd }));
  }

  /** By the directory's exact spelling; a name that is none is no name. */
  nameFor(cwd: string): SessionName | undefined {
    const name = member(this.#byCwd, cwd);
    return isSessionName(name) ? name : undefined;
  }

  /** Directories of that session, sorted. */
  directoriesOf(name: SessionName): readonly string[] {
    return Object.keys(this.#byCwd).filter((cwd) => member(this.#byCwd, cwd) === name).sort();
  }

  /** One directory has one session: an earlier one is replaced. */
  with(cwd: string, name: SessionName): Registry {
    return this.nameFor(cwd) === name ? this : this.#of([...this.#entries(), [cwd, name]]);
  }

  without(name: SessionName): Registry {
    if (this.directoriesOf(name).length === 0) return this;
    return this.#of(this.#entries().filter(([, value]) => value !== name));
  }

  #entries(): [string, JsonObject[string]][] {
    return Object.entries(this.#byCwd);
  }

  #of(entries: readonly (readonly [string, JsonObject[string]])[]): Registry {
    return new Registry(this.#whole, Object.fromEntries(entries));
  }
}
