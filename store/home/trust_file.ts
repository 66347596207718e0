/** trust.json. A broken one stops whoever needs it: it is never taken for an empty one. */
import { unreadable } from "../../platform/file_errors.ts";
import { WireError } from "../../protocol/errors.ts";
import { emptyTrust, parseTrust, printTrust, type TrustStore } from "../../protocol/trust/trust.ts";
import type { Home } from "./home.ts";

/** @throws {WireError} unreadable, naming the file */
export async function readTrustFile({ platform: { files }, file }: Home): Promise<TrustStore> {
  const text = await files.readText(file.trust);
  if (text === undefined) return emptyTrust();
  try {
    return parseTrust(text);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    const problem = error.message.replace(/^Cannot read trust\.json: /, "");
    throw unreadable(file.trust, problem, error.cause);
  }
}

/** Under trust.lock. */
export async function writeTrustFile(home: Home, store: TrustStore): Promise<void> {
  const { platform: { files }, file } = home;
  await files.writeAtomic(file.trust, printTrust(store), { point: "home.trust" });
}
