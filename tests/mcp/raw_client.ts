/** A client that is nothing but lines of JSON: says what a test says, and hears everything. */
import assert from "node:assert/strict";
import { z } from "zod";
import type { OutputStream } from "../../platform/terminal.ts";

export const Message = z.looseObject({
  id: z.union([z.string(), z.number(), z.null()]).optional(),
  method: z.string().optional(),
  params: z.record(z.string(), z.unknown()).optional(),
  result: z.record(z.string(), z.unknown()).optional(),
  error: z.object({ code: z.number(), message: z.string(), data: z.unknown().optional() })
    .optional(),
});
export type Message = z.output<typeof Message>;

export const ToolResult = z.looseObject({
  content: z.array(z.looseObject({ type: z.literal("text"), text: z.string() })),
  structuredContent: z.record(z.string(), z.unknown()).optional(),
  isError: z.boolean().optional(),
});
export type ToolResult = z.output<typeof ToolResult>;

export class RawClient implements OutputStream {
  readonly isTerminal = false;
  readonly columns = undefined;
  /** Everything that was heard, in its order. */
  readonly heard: Message[] = [];
  /** As it was printed. */
  text = "";
  readonly #say: (line: string) => void | Promise<void>;
  #next = 0;
  #change = Promise.withResolvers<void>();

  constructor(say: (line: string) => void | Promise<void>) {
    this.#say = say;
  }

  /** What the server prints. */
  write(text: string): Promise<void> {
    this.text += text;
    for (const line of text.split("\n")) {
      if (line !== "") this.heard.push(Message.parse(JSON.parse(line)));
    }
    this.#change.resolve();
    this.#change = Promise.withResolvers<void>();
    return Promise.resolve();
  }

  async say(line: string): Promise<void> {
    await this.#say(`${line}\n`);
  }

  async notify(method: string, params?: Record<string, unknown>): Promise<void> {
    await this.say(JSON.stringify({ jsonrpc: "2.0", method, params }));
  }

  /** The first message that fits, also one that was heard before. */
  async until(fits: (message: Message) => boolean): Promise<Message> {
    for (;;) {
      const found = this.heard.find(fits);
      if (found !== undefined) return found;
      await this.#change.promise;
    }
  }

  /** @returns the id */
  async ask(method: string, params?: Record<string, unknown>): Promise<number> {
    const id = ++this.#next;
    await this.say(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return id;
  }

  answer(id: number): Promise<Message> {
    return this.until((message) => message.id === id && message.method === undefined);
  }

  async request(
    method: string,
    params?: Record<string, unknown>,
  ): Promise<Record<string, unknown>> {
    const { result, error } = await this.answer(await this.ask(method, params));
    assert.equal(error, undefined, `${method}: ${error?.message}`);
    assert.ok(result !== undefined);
    return result;
  }

  async open(
    protocolVersion = "2025-06-18",
    capabilities: Record<string, unknown> = {},
  ): Promise<Record<string, unknown>> {
    const clientInfo = { name: "raw", version: "1" };
    const result = await this.request("initialize", { protocolVersion, capabilities, clientInfo });
    await this.notify("notifications/initialized");
    return result;
  }

  async tool(name: string, args: Record<string, unknown> = {}): Promise<ToolResult> {
    return ToolResult.parse(await this.request("tools/call", { name, arguments: args }));
  }

  /** The value of a call that must succeed. */
  async value(name: string, args: Record<string, unknown> = {}): Promise<unknown> {
    const result = await this.tool(name, args);
    assert.ok(result.isError === false, `${name}: ${textOf(result)}`);
    return JSON.parse(textOf(result));
  }

  /** The text of a call that must fail. */
  async failure(name: string, args: Record<string, unknown> = {}): Promise<string> {
    const result = await this.tool(name, args);
    assert.ok(result.isError === true, `${name}: ${textOf(result)}`);
    return textOf(result);
  }
}

export function textOf({ content }: ToolResult): string {
  const [first] = content;
  assert.ok(first !== undefined);
  return first.text;
}
