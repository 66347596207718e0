/**
 * The number text of the reference: it parses to u64, i64 or f64 and prints again. Both halves are
 * imitated exactly, including a parser that is sometimes one unit in the last place off.
 * See docs/protocol/identity-and-events.md §5.1; tests/vectors/canonical.json has the proof.
 */

const LEXEME = /^(-?)(0|[1-9][0-9]*)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/;
const PLAIN = /^(?:0|-?[1-9][0-9]{0,14})$/;
const U64_MAX = 2n ** 64n - 1n;
const I64_MAGNITUDE = 2n ** 63n;
const U64_DIGITS = 20;
/** Beyond any text we could hold; keeps the arithmetic below in exact integers. */
const EXPONENT_CLAMP = 1e9;
const STABLE_ROUNDS = 4;

/** An integer of at most 15 digits, not `-0`: every program agrees how it is written. */
export const isPlainInteger = (lexeme: string): boolean => PLAIN.test(lexeme);

/**
 * What the reference prints after reading this number.
 * @returns undefined if the reference refuses it: not a JSON number, or outside the double range
 */
export function reprintNumber(lexeme: string): string | undefined {
  if (isPlainInteger(lexeme)) return lexeme;
  const match = LEXEME.exec(lexeme);
  if (match === null) return undefined;
  const [, minus = "", whole = "", fraction, exponent] = match;
  if (fraction === undefined && exponent === undefined && whole.length <= U64_DIGITS) {
    const magnitude = BigInt(whole);
    const limit = minus === "" ? U64_MAX : I64_MAGNITUDE;
    if (magnitude <= limit && (minus === "" || magnitude !== 0n)) return minus + whole;
  }
  const magnitude = readFloat(whole, fraction ?? "", exponent ?? "0");
  return magnitude === undefined ? undefined : minus + printMagnitude(magnitude);
}

/**
 * The text to sign: {@linkcode reprintNumber} repeated until nothing changes, at most four times.
 * @returns undefined if it does not settle (about 3 % of random doubles) or is no number
 */
export function stableNumber(lexeme: string): string | undefined {
  let text = lexeme;
  for (let round = 0; round < STABLE_ROUNDS; round++) {
    const next = reprintNumber(text);
    if (next === undefined || next === text) return next;
    text = next;
  }
  return reprintNumber(text) === text ? text : undefined;
}

/** The text of a JavaScript number: integers that fit 64 bits as digits, all else as a float. */
export function printNumber(value: number): string | undefined {
  if (!Number.isFinite(value)) return undefined;
  if (Number.isInteger(value) && !Object.is(value, -0)) {
    if (Number.isSafeInteger(value)) return String(value);
    if (value < 2 ** 64 && value >= -(2 ** 63)) return BigInt(value).toString();
  }
  return (value < 0 || Object.is(value, -0) ? "-" : "") + printMagnitude(Math.abs(value));
}

/** The reference's reader for everything that is no 64-bit integer; undefined: out of range. */
function readFloat(whole: string, fraction: string, exponent: string): number | undefined {
  let significand = 0n;
  let shift = 0;
  for (let i = 0; i < whole.length; i++) {
    const next = significand * 10n + BigInt(whole.charCodeAt(i) - 48);
    if (next > U64_MAX) {
      shift += whole.length - i; // this digit and all further ones only scale
      break;
    }
    significand = next;
  }
  for (let i = 0; i < fraction.length; i++) {
    const next = significand * 10n + BigInt(fraction.charCodeAt(i) - 48);
    if (next > U64_MAX) break;
    significand = next;
    shift -= 1;
  }
  if (significand === 0n) return 0;
  const written = Number(exponent);
  let power = shift + Math.max(-EXPONENT_CLAMP, Math.min(EXPONENT_CLAMP, written));
  if (power > 308) return undefined;
  let value = Number(significand);
  while (power < -308 && value !== 0) {
    value /= 1e308;
    power += 308;
  }
  if (value === 0) return 0;
  const factor = Number(`1e${Math.abs(power)}`);
  value = power >= 0 ? value * factor : value / factor;
  return Number.isFinite(value) ? value : undefined;
}

/** Shortest digits that read back the same; plain from 1e-5 up to below 1e16, else scientific. */
function printMagnitude(value: number): string {
  if (value === 0) return "0.0";
  const [mantissa = "", power = "0"] = value.toExponential().split("e");
  const digits = mantissa.replace(".", "");
  const exponent = Number(power);
  if (exponent < -5 || exponent > 15) {
    const rest = digits.slice(1);
    const sign = exponent < 0 ? "-" : "+";
    return `${digits[0]}${rest === "" ? "" : "." + rest}e${sign}${Math.abs(exponent)}`;
  }
  if (exponent < 0) return `0.${"0".repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, "0");
  return `${whole}.${digits.slice(exponent + 1) || "0"}`;
}
