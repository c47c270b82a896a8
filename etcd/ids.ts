/** etcd's decimal uint64 as 16 hexadecimal digits. */
export function hexID(decimal: string | bigint): string {
  return BigInt(decimal).toString(16).padStart(16, '0');
}

/** The inverse, for requests. Throws on what is not a hexadecimal number of 64 bits. */
export function decimalID(hex: string): string {
  if (!/^[0-9a-f]{1,16}$/.test(hex)) throw new TypeError(`not a member ID: ${hex}`);
  return BigInt(`0x${hex}`).toString();
}
