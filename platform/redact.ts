/** What may be written into a log: everything but secrets (docs/promises.md P5). */

const REDACTED = "[redacted]";
const MAX_DEPTH = 8;
const MAX_TEXT_LENGTH = 4_000;

/** Members whose value is never shown, whatever it looks like. */
const SECRET_MEMBER =
  /token|secret|seed|passw|authorization|private|(^|_)(key|code|phrase|sas|digits|bearer|cookie)(_|$)/i;
/** Public in spite of the name above. */
const PUBLIC_MEMBER = /^(code_hash|public_key|key_id|exit_code|error_code|status_code)$/i;
/** Members that hold 64 hex digits which are no token. */
const HASH_MEMBER = /(^|_)(id|hash|digest|sha256)$/i;

/** Secrets inside a text: bearer headers, slot tokens, code phrases, keys in base64. */
const SECRET_TEXTS: readonly RegExp[] = [
  /\bbearer\s+\S+/gi,
  /\b\d{2}-[A-Z0-9]{6}\b/g,
  /(?<![A-Za-z0-9+/])[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])/g,
];
const SLOT_TOKEN = /(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])/gi;

/** A copy of a value fit for JSON, bounded, with secrets replaced. Never throws. */
export function redacted(value: unknown): unknown {
  return clean(value, { member: "", depth: 0 });
}

interface Place {
  readonly member: string;
  readonly depth: number;
}

function clean(value: unknown, place: Place): unknown {
  if (typeof value === "string") return cleanText(value, place.member);
  if (typeof value === "bigint") return value.toString();
  if (value instanceof Uint8Array) return `[${value.length} bytes]`;
  if (typeof value !== "object" || value === null) return value;
  if (place.depth >= MAX_DEPTH) return "[deeper]";
  const depth = place.depth + 1;
  if (Array.isArray(value)) return value.map((item) => clean(item, { ...place, depth }));
  if (value instanceof Error) return cleanError(value, depth);
  const copy: [string, unknown][] = [];
  for (const [member, inner] of Object.entries(value)) {
    const secret = SECRET_MEMBER.test(member) && !PUBLIC_MEMBER.test(member);
    copy.push([member, secret ? REDACTED : clean(inner, { member, depth })]);
  }
  return Object.fromEntries(copy);
}

function cleanError(error: Error, depth: number): unknown {
  const about = { error: error.name, message: cleanText(error.message, "") };
  if (error.cause === undefined) return about;
  return { ...about, cause: clean(error.cause, { member: "cause", depth }) };
}

function cleanText(text: string, member: string): string {
  let clean = text.slice(0, MAX_TEXT_LENGTH);
  for (const secret of SECRET_TEXTS) clean = clean.replace(secret, REDACTED);
  return HASH_MEMBER.test(member) ? clean : clean.replace(SLOT_TOKEN, REDACTED);
}
