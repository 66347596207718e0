/** The operating system's secure random source. */
export interface Random {
  bytes(length: number): Uint8Array<ArrayBuffer>;
}
