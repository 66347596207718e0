/**
 * Answers to requests that are wrong before any route looks at them: text, with the reference's
 * statuses and prefixes. See docs/protocol/relay.md §3.3.
 */
import { plainText, type RelayReply } from "./exchange.ts";

export const badPath = (name: string): RelayReply =>
  plainText(400, `Invalid URL: Invalid UTF-8 in \`${name}\``);

export const badQuery = (detail: string): RelayReply =>
  plainText(400, `Failed to deserialize query string: ${detail}`);

export const bodyTooLarge = (): RelayReply =>
  plainText(413, "Failed to buffer the request body: length limit exceeded");

export const notJsonType = (): RelayReply =>
  plainText(415, "Expected request with `Content-Type: application/json`");

export const badJson = (detail: string): RelayReply =>
  plainText(400, `Failed to parse the request body as JSON: ${detail}`);

export const wrongShape = (detail: string): RelayReply =>
  plainText(422, `Failed to deserialize the JSON body into the target type: ${detail}`);
