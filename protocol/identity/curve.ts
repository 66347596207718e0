/**
 * What the points of Ed25519 are, for the two questions that the native verifier does not answer:
 * is a key a point at all, and is it one of the few of small order?
 * See RFC 8032 §5.1.3 and docs/protocol/identity-and-events.md §8.
 */

const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;
const SIGN = 2n ** 255n;

/** y of the two points of order 8 up to sign; with 0, 1 and -1 the whole torsion subgroup. */
const ORDER_8_Y = 0x05fc536d880238b13933c6d305acdfd5f098eff289f4c345b027b2c28f95e826n;
const SMALL_ORDER_Y: ReadonlySet<bigint> = new Set([0n, 1n, P - 1n, ORDER_8_Y, P - ORDER_8_Y]);

/**
 * True for the eight points of small order, in any of their encodings (also y ≥ p, and -0). Whoever
 * pins such a key pins one with which everybody can sign.
 */
export const isSmallOrder = (publicKey: Uint8Array): boolean =>
  publicKey.length === 32 && SMALL_ORDER_Y.has(yOf(publicKey));

/** True if 32 bytes decode to a point of the curve; y need not be reduced, as in the reference. */
export function isCurvePoint(publicKey: Uint8Array): boolean {
  if (publicKey.length !== 32) return false;
  const y2 = yOf(publicKey) ** 2n % P;
  // x² = (y² - 1) / (d y² + 1); a square times a square of the divisor stays a square.
  const x2 = (y2 + P - 1n) * (D * y2 + 1n) % P;
  return x2 === 0n || power(x2, (P - 1n) / 2n) === 1n;
}

function yOf(publicKey: Uint8Array): bigint {
  const bigEndian = publicKey.toReversed().toHex();
  return (BigInt(`0x${bigEndian}`) % SIGN) % P;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = result * square % P;
    square = square * square % P;
  }
  return result;
}
