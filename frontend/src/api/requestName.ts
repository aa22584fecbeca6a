/** Twelve random letters and digits, so that a request is done once however often it is sent; `crypto.randomUUID` is there
 * only on secure pages. */
export function requestName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => (byte % 36).toString(36)).join("");
}
