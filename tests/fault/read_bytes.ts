/** How much a command asks of the disk: counted, so that a busy machine changes nothing. */
import type { ClientContext } from "../../client/context.ts";
import type { Files } from "../../platform/files.ts";
import { type Party, restarted } from "./mail_world.ts";

export interface DiskCost {
  readonly bytesRead: number;
  /** Of any kind. */
  readonly calls: number;
}

/** What that asks of the party's disk, in a process of its own. SQLite's reading is not counted. */
export async function costOf(
  party: Party,
  run: (context: ClientContext) => Promise<unknown>,
): Promise<DiskCost> {
  const counter = counting(party.disk);
  await run(restarted(party, counter.files));
  return { bytesRead: counter.bytes, calls: counter.calls };
}

/** Of that only the bytes that are read. */
export const readOf = async (
  party: Party,
  run: (context: ClientContext) => Promise<unknown>,
): Promise<number> => (await costOf(party, run)).bytesRead;

/** The same disk, and what was asked of it. */
function counting(files: Files): { readonly files: Files; bytes: number; calls: number } {
  const counter = { files, bytes: 0, calls: 0 };
  counter.files = new Proxy(files, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
        counter.calls++;
        const result: unknown = await Reflect.apply(value, target, args);
        if (typeof result === "string" || result instanceof Uint8Array) {
          counter.bytes += result.length;
        }
        return result;
      };
    },
  });
  return counter;
}
