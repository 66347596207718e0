/** The bearer token of the HTTP face: made once, kept beside the home's other secrets. */
import { createHash, timingSafeEqual } from "node:crypto";
import path from "node:path";
import { WireError } from "../../protocol/errors.ts";
import type { Home } from "../../store/home/home.ts";

const TOKEN_BYTES = 32;
const TOKEN = /^[0-9a-f]{64}$/;

export interface BearerToken {
  readonly path: string;
  readonly token: string;
}

/** @throws {WireError} unreadable, write_failed */
export async function bearerToken(home: Home): Promise<BearerToken> {
  const { files, random } = home.platform;
  const file = path.join(home.paths.configRoot, "mcp-token");
  const kept = await files.readText(file);
  if (kept === undefined) {
    await home.ensureRoots();
    try {
      await files.createNew(file, `${random.bytes(TOKEN_BYTES).toHex()}\n`, { point: "mcp.token" });
    } catch (error) {
      // Another `wire mcp` was faster: its token is the one.
      if (!(error instanceof WireError && error.code === "conflict")) throw error;
    }
  }
  const token = (await files.readText(file))?.trim() ?? "";
  if (TOKEN.test(token)) return { path: file, token };
  throw new WireError("unreadable", `Cannot read the token in ${file}: expected 64 hex digits`, {
    hint: "remove the file: the next start makes another, which hosts must then be given",
  });
}

/** In a time that says nothing about the token. */
export function isBearer(header: string | null, token: string): boolean {
  const given = /^Bearer +(\S+)$/i.exec(header ?? "")?.[1] ?? "";
  return timingSafeEqual(digest(given), digest(token));
}

const digest = (text: string): Uint8Array => createHash("sha256").update(text).digest();
