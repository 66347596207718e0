/** How much a command reads: bytes are counted, so that a busy machine changes nothing. */
import type { ClientContext } from "../../client/context.ts";
import type { Files } from "../../platform/files.ts";
import { type Party, restarted } from "./mail_world.ts";

/** What that reads of the party's disk, in a process of its own. SQLite's reading is not counted. */
export async function readOf(
  party: Party,
  run: (context: ClientContext) => Promise<unknown>,
): Promise<number> {
  const counter = counting(party.disk);
  await run(restarted(party, counter.files));
  return counter.bytes;
}

/** The same disk, and how many bytes were read from it. */
function counting(files: Files): { readonly files: Files; bytes: number } {
  const counter = { files, bytes: 0 };
  counter.files = new Proxy(files, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== "function") return value;
      return async (...args: unknown[]) => {
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
