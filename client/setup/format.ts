/** A file format of hosts' configurations: one member is read, set or taken out, and the rest stays. */
import type { Edited, Plain } from "./json/edit.ts";

export type { Edited, Plain } from "./json/edit.ts";

export type Read =
  /** Undefined: there is no such member. */
  | { readonly ok: true; readonly value: Plain | undefined }
  | { readonly ok: false; readonly problem: string };

export interface ConfigFormat {
  /** What a file that is not there yet is begun with. */
  readonly empty: string;
  read(text: string, path: readonly string[]): Read;
  set(text: string, path: readonly string[], value: Plain): Edited;
  remove(text: string, path: readonly string[]): Edited;
  /** The member alone, as a person would paste it. */
  snippet(path: readonly string[], value: Plain): string;
}
