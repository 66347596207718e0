import { z } from "zod";
import { whoami } from "../../client/operations/whoami.ts";
import { defineTool, READS } from "../tool.ts";

/** M1: with the mailbox, never its token. */
export const tool = defineTool({
  name: "wire_whoami",
  title: "Who am I",
  description: "This agent's identity: handle, DID, fingerprint, public key, mailbox address.",
  input: z.object({}),
  output: whoami.output,
  effects: READS,
  run: ({ context }) => whoami.run(context),
});
