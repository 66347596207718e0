/** The published tool server as a host starts it, with a client that is nothing but lines. */
import type { WireProcess } from "../../scripts/wire_process.ts";
import type { Home } from "../e2e/world.ts";
import { RawClient } from "./raw_client.ts";

export interface ToolServer {
  readonly client: RawClient;
  readonly process: WireProcess;
}

/** Opened. No daemon is started by it. */
export async function toolServer(home: Home): Promise<ToolServer> {
  const process = home.start(["mcp"], { env: { WIRE_MCP_SKIP_AUTO_UP: "1" } });
  const client = new RawClient((line) => process.write(line));
  void (async () => {
    for (;;) await client.write((await process.line("stdout", /^\{.*\}$/))[0] + "\n");
  })().catch(() => undefined); // it ends with the process
  await client.open();
  return { client, process };
}
